//! A plugin is tested natively: `cargo test -p hello-plugin`.

use switchboard_plugin::{prelude::*, test::TestHost};

use crate::Hello;

#[test]
fn it_must_greet_by_name() {
    let host = TestHost::new();
    let mut call = Invocation::in_general("/hello");
    call.operator.name = "Ada".to_owned();
    assert_eq!(Hello::command(&host, call), answer("Hello, Ada!"));
}
