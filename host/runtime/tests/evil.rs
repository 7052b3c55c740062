//! Plugins that misbehave: each is stopped, and the failure names the limit.

mod common;

use std::time::Duration;

use common::guest::Guest;
use common::{Recorder, dialog, host, invocation, linked, message};
use switchboard_runtime::types::Verdict;
use switchboard_runtime::{Failure, Limits, Linked, Run};

fn incoming(linked: &Linked, limits: &Limits) -> Run<Verdict> {
    linked.incoming(host(), limits, &message("hello"), &dialog("waiting"))
}

/// `store.set("k", "", none)`.
const SET: &str = "(call $store.set (i32.const 1024) (i32.const 1) (i32.const 0) (i32.const 0)
                    (i32.const 0) (i64.const 0) (i32.const 2048))";
const SET_TYPE: &str = "(param i32 i32 i32 i32 i32 i64 i32)";
const LOG_TYPE: &str = "(param i32 i32 i32 i32 i32 i32)";

#[test]
fn a_loop_for_ever_runs_out_of_fuel() {
    let (_, linked) = linked(&Guest::new().incoming("(loop br 0) unreachable").build());
    let run = incoming(&linked, &Limits::default());
    assert_eq!(run.result, Err(Failure::Fuel { budget: 5_000_000 }));
    assert_eq!(run.fuel, 5_000_000);
    assert_eq!(
        run.result.unwrap_err().to_string(),
        "used up its budget of 5,000,000 fuel"
    );
}

#[test]
fn with_fuel_without_end_the_deadline_strikes() {
    let (_, linked) = linked(&Guest::new().incoming("(loop br 0) unreachable").build());
    let deadline = Duration::from_millis(20);
    let limits = Limits {
        message_fuel: u64::MAX,
        message_deadline: deadline,
        ..Limits::default()
    };
    assert_eq!(incoming(&linked, &limits).result, Err(Failure::Epoch { deadline }));
}

#[test]
fn eating_memory_is_named_even_where_the_plugin_crashes_of_it() {
    let grow = "(loop (br_if 0 (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))) unreachable";
    let (_, linked) = linked(&Guest::new().incoming(grow).build());
    let run = incoming(&linked, &Limits::default());
    assert_eq!(run.result, Err(Failure::Memory { limit: 8 << 20 }));
    assert_eq!(run.memory, 8 << 20);
}

#[test]
fn memory_refused_is_no_failure_where_the_plugin_can_do_without() {
    let mut guest = Guest::new();
    let pass = guest.words(&[0; 12]);
    let (_, linked) = linked(
        &guest
            .incoming(&format!("(drop (memory.grow (i32.const 1000))) i32.const {pass}"))
            .build(),
    );
    assert_eq!(incoming(&linked, &Limits::default()).result, Ok(Verdict::Pass));
}

#[test]
fn a_memory_that_starts_too_large_is_named() {
    let mut guest = Guest::new();
    guest.pages = 200;
    let pass = guest.words(&[0; 12]);
    let (_, linked) = linked(&guest.incoming(&format!("i32.const {pass}")).build());
    assert_eq!(
        incoming(&linked, &Limits::default()).result,
        Err(Failure::Memory { limit: 8 << 20 })
    );
    assert_eq!(incoming(&linked, &Limits::scripted()).result, Ok(Verdict::Pass));
}

#[test]
fn a_crash_tells_what_the_plugin_said_last() {
    let mut guest = Guest::new();
    let [level, level_len] = guest.text("error");
    let [said, said_len] = guest.text("panicked at src/lib.rs:7:\nno such   price");
    let body = format!(
        "(call $log.write (i32.const {level}) (i32.const {level_len}) (i32.const {said}) (i32.const {said_len})
          (i32.const 0) (i32.const 0)) unreachable"
    );
    let (_, linked) = linked(&guest.import("log", "write", LOG_TYPE).incoming(&body).build());
    let run = incoming(&linked, &Limits::default());
    let failure = run.result.as_ref().unwrap_err();
    assert_eq!(failure.to_string(), "crashed: panicked at src/lib.rs:7: no such price");
    assert_eq!(failure.kind(), "trap");
    assert_eq!(run.host_as::<Recorder>().unwrap().1.lines.len(), 1);
}

#[test]
fn a_silent_crash_is_told_in_words_without_addresses() {
    let (_, linked) = linked(&Guest::new().incoming("unreachable").build());
    let text = incoming(&linked, &Limits::default()).result.unwrap_err().to_string();
    assert_eq!(text, "crashed: it gave up (`unreachable`), as a panic does");
    let (_, wild) = common::linked(&Guest::new().incoming("(i32.load (i32.const -4))").build());
    let text = incoming(&wild, &Limits::default()).result.unwrap_err().to_string();
    assert_eq!(text, "crashed: it reached outside of its memory");
}

#[test]
fn endless_recursion_is_named() {
    let guest =
        Guest::new().global("(func $deep (param i32) (result i32) (i32.add (call $deep (local.get 0)) (i32.const 1)))");
    let (_, linked) = linked(&guest.incoming("(call $deep (local.get 0))").build());
    let limits = Limits {
        message_fuel: u64::MAX,
        ..Limits::default()
    };
    assert_eq!(incoming(&linked, &limits).result, Err(Failure::Stack));
}

#[test]
fn a_flood_of_effects_is_stopped() {
    let guest = Guest::new().import("store", "set", SET_TYPE);
    let mut guest = guest;
    guest.text("k");
    let (_, linked) = linked(&guest.incoming(&format!("(loop {SET} br 0) unreachable")).build());
    let run = incoming(&linked, &Limits::default());
    assert_eq!(run.result, Err(Failure::Effects { limit: 64 }));
    assert_eq!(run.effects, 64);
    let (_, host) = run.host_as::<Recorder>().unwrap();
    assert_eq!(
        host.set.len(),
        64,
        "what was buffered comes back, for the caller to drop"
    );
}

#[test]
fn a_flood_of_reads_is_stopped() {
    let mut guest = Guest::new().import("store", "get", "(param i32 i32 i32)");
    guest.text("k");
    let get = "(call $store.get (i32.const 1024) (i32.const 1) (i32.const 2048))";
    let (_, linked) = linked(&guest.incoming(&format!("(loop {get} br 0) unreachable")).build());
    assert_eq!(
        incoming(&linked, &Limits::default()).result,
        Err(Failure::Reads { limit: 512 })
    );
}

#[test]
fn log_lines_over_the_limit_are_cut_and_counted() {
    let mut guest = Guest::new().global("(global $n (mut i32) (i32.const 30))");
    let [level, level_len] = guest.text("info");
    let [line, line_len] = guest.text(&"ё".repeat(1_000));
    let pass = guest.words(&[0; 12]);
    let body = format!(
        "(loop (call $log.write (i32.const {level}) (i32.const {level_len}) (i32.const {line}) (i32.const {line_len})
            (i32.const 0) (i32.const 0))
          (global.set $n (i32.sub (global.get $n) (i32.const 1))) (br_if 0 (global.get $n)))
         i32.const {pass}"
    );
    let (_, linked) = linked(&guest.import("log", "write", LOG_TYPE).incoming(&body).build());
    let run = incoming(&linked, &Limits::default());
    assert_eq!(run.result, Ok(Verdict::Pass));
    assert_eq!(run.suppressed, 10);
    let (_, host) = run.host_as::<Recorder>().unwrap();
    assert_eq!(host.lines.len(), 20);
    assert_eq!(host.lines[0].1.len(), 1_024);
}

#[test]
fn huge_data_to_a_capability_is_stopped() {
    let body = "(call $store.set (i32.const 1024) (i32.const 1) (i32.const 0) (i32.const 300000)
                 (i32.const 0) (i64.const 0) (i32.const 2048)) i32.const 0";
    let mut guest = Guest::new().import("store", "set", SET_TYPE);
    guest.pages = 10;
    guest.text("k");
    let (_, linked) = linked(&guest.incoming(body).build());
    assert_eq!(
        incoming(&linked, &Limits::default()).result,
        Err(Failure::HostCallData { limit: 256 << 10 })
    );
}

#[test]
fn a_huge_answer_is_stopped() {
    let mut guest = Guest::new();
    guest.pages = 10;
    let verdict = guest.words(&[2, 0, 300_000]);
    let (_, linked) = linked(&guest.incoming(&format!("i32.const {verdict}")).build());
    assert_eq!(
        incoming(&linked, &Limits::default()).result,
        Err(Failure::HostCallData { limit: 256 << 10 })
    );
}

#[test]
fn an_answer_outside_of_memory_is_stopped() {
    let (_, linked) = linked(&Guest::new().incoming("i32.const 0x7fffff00").build());
    let failure = incoming(&linked, &Limits::default()).result.unwrap_err();
    assert!(
        matches!(failure, Failure::Invalid(_) | Failure::Trap { .. }),
        "{failure:?}"
    );
    assert!(!failure.to_string().contains("0x"), "{failure}");
}

#[test]
fn wrong_entities_are_refused() {
    let mut guest = Guest::new();
    let verdict = guest.replacement("aё", "bold", 0, 2);
    let (_, linked) = linked(&guest.incoming(&format!("i32.const {verdict}")).build());
    let text = incoming(&linked, &Limits::default()).result.unwrap_err().to_string();
    assert_eq!(
        text,
        "gave an answer that is not valid: the entity `bold` at bytes 0–2 cuts a character in two"
    );
}

#[test]
fn stay_closed_is_for_closed_dialogs() {
    let mut guest = Guest::new();
    let verdict = guest.words(&[4, 0, 0, 0, 0, 0, 0, 0, 0]);
    let (_, linked) = linked(&guest.incoming(&format!("i32.const {verdict}")).build());
    let limits = Limits::default();
    let closed = linked.incoming(host(), &limits, &message("hello"), &dialog("closed"));
    assert_eq!(closed.result, Ok(Verdict::StayClosed));
    assert!(matches!(incoming(&linked, &limits).result, Err(Failure::Invalid(_))));
}

#[test]
fn nothing_survives_a_call() {
    let mut guest = Guest::new().global("(global $calls (mut i32) (i32.const 0))");
    let pass = guest.words(&[0; 12]);
    // Traps at its second call in one instance, and where its memory was written before.
    let body = format!(
        "(if (i32.or (global.get $calls) (i32.load (i32.const 512))) (then unreachable))
         (global.set $calls (i32.const 1)) (i32.store (i32.const 512) (i32.const 1)) i32.const {pass}"
    );
    let (_, linked) = linked(&guest.incoming(&body).build());
    for _ in 0..200 {
        assert_eq!(incoming(&linked, &Limits::default()).result, Ok(Verdict::Pass));
    }
}

#[test]
fn the_same_input_costs_the_same_fuel() {
    let mut guest = Guest::new();
    let pass = guest.words(&[0; 12]);
    let (_, linked) = linked(&guest.incoming(&format!("i32.const {pass}")).build());
    let fuel: Vec<u64> = (0..50).map(|_| incoming(&linked, &Limits::default()).fuel).collect();
    assert!(fuel[0] > 0);
    assert!(fuel.iter().all(|used| *used == fuel[0]), "{fuel:?}");
}

#[test]
fn side_by_side_calls_wait_for_a_free_instance() {
    let mut guest = Guest::new();
    let pass = guest.words(&[0; 12]);
    let busy = format!(
        "(local $n i32) (local.set $n (i32.const 20000))
        (loop (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1))))) i32.const {pass}"
    );
    let mut options = switchboard_runtime::RuntimeOptions::new(
        switchboard_runtime::Compiler::InProcess,
        None,
        switchboard_runtime::CacheKey::new([1; 32]),
    );
    options.instances = 2;
    let runtime = switchboard_runtime::Runtime::new(options).unwrap();
    let plugin = runtime.load_bytes("busy", &guest.incoming(&busy).build()).unwrap();
    let linked = runtime.link(&plugin, &switchboard_runtime::Grants::none()).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..50 {
                    assert_eq!(incoming(&linked, &Limits::default()).result, Ok(Verdict::Pass));
                }
            });
        }
    });
}

/// A request of `GET http://a` with nothing else.
fn requesting(guest: &mut Guest) -> String {
    let [method, method_len] = guest.text("GET");
    let [url, url_len] = guest.text("http://a");
    let answer = guest.words(&[0; 16]);
    format!(
        "(call $http.send (i32.const {method}) (i32.const {method_len}) (i32.const {url}) (i32.const {url_len})
          (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 1000) (i32.const {answer}))"
    )
}

const HTTP_TYPE: &str = "(param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)";

#[test]
fn message_hooks_get_no_network() {
    let mut guest = Guest::new().import("http", "send", HTTP_TYPE);
    let request = requesting(&mut guest);
    let pass = guest.words(&[0; 12]);
    let (_, linked) = linked(&guest.incoming(&format!("{request} i32.const {pass}")).build());
    let run = incoming(&linked, &Limits::default());
    assert_eq!(run.result, Ok(Verdict::Pass));
    assert_eq!(run.host_as::<Recorder>().unwrap().1.requests, 0);
}

#[test]
fn waiting_for_the_network_does_not_count_against_the_deadline() {
    let mut guest = Guest::new().import("http", "send", HTTP_TYPE);
    let request = requesting(&mut guest);
    let nothing = guest.nothing();
    let (_, linked) = linked(&guest.on_command(&format!("{request} i32.const {nothing}")).build());
    let limits = Limits {
        command_deadline: Duration::from_millis(30),
        ..Limits::default()
    };
    let slow = Recorder {
        network: Duration::from_millis(150),
        ..Recorder::default()
    };
    let run = linked.command(Box::new(slow), &limits, &invocation(""));
    assert_eq!(run.result, Ok(Ok(None)));
    assert_eq!(run.host_as::<Recorder>().unwrap().1.requests, 1);
}
