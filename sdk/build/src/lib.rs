//! Builds plugins.
#[test]
fn wit() {
    let mut r = wit_parser::Resolve::default();
    let (id, _) = r.push_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../../wit")).unwrap();
    println!("{:?}", r.packages[id].worlds);
}
