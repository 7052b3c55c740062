//! What a hook costs, all in: a fresh instance, one message of 200 bytes. The design asks for 45 µs, 220 µs for five.

use std::hint::black_box;
use std::path::{Path, PathBuf};

use criterion::{Criterion, criterion_group, criterion_main};
use switchboard_runtime::types::{Dialog, Entity, Message, MessageRef, Person, Verdict};
use switchboard_runtime::{
    CacheKey, Compiler, Direction, Grants, Limits, Linked, NoConnection, Runtime, RuntimeOptions, pipeline,
};

fn build() -> PathBuf {
    let guest = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/guest");
    let options = switchboard_plugin_build::Options {
        quiet: true,
        ..Default::default()
    };
    switchboard_plugin_build::build(&guest, &options)
        .expect("the guest builds")
        .component
}

fn plugin() -> (Runtime, Vec<Linked>) {
    // Another component with the same hooks can be measured in place of ours.
    let component = std::env::var_os("SWITCHBOARD_BENCH_PLUGIN").map_or_else(build, PathBuf::from);
    let options = RuntimeOptions::new(Compiler::InProcess, None, CacheKey::new([0; 32]));
    let runtime = Runtime::new(options).expect("the engine starts");
    let plugin = runtime.load(&component).expect("the guest loads");
    let linked = (0..5)
        .map(|_| runtime.link(&plugin, &Grants::none()).expect("it imports nothing"))
        .collect();
    (runtime, linked)
}

/// 200 bytes of text, written by someone with a name.
fn message() -> Message {
    let text = "Good morning! My parcel was to come on Monday, today is Thursday and it is still not here. \
                Could you look where it is, please? The number of the order is 4711-0815, it was sent to Bern. Thanks, A.";
    Message {
        ref_: MessageRef {
            place: "customer".into(),
            id: 4711,
        },
        at: 1_700_000_000_000,
        kind: "text".into(),
        text: text.chars().cycle().take(200).collect(),
        entities: vec![Entity {
            kind: "bold".into(),
            offset: 0,
            length: 12,
            value: None,
        }],
        attachments: vec![],
        buttons: vec![],
        album: None,
        author: Person {
            id: 99_281_932,
            name: "Annemarie".into(),
            username: Some("annemarie".into()),
            language: Some("de".into()),
            is_bot: false,
        },
        reply_to: None,
        edited: false,
        extra: vec![],
    }
}

fn hooks(c: &mut Criterion) {
    let (_runtime, plugins) = plugin();
    let limits = Limits::default();
    let message = message();
    let dialog = Dialog {
        id: 7,
        contact: 99_281_932,
        status: "waiting".into(),
        fresh: false,
        tags: vec!["vip".into()],
        extra: vec![],
    };
    let run = |linked: &Linked, direction| {
        let run = linked.message(direction, Box::new(NoConnection), &limits, black_box(&message), &dialog);
        assert_eq!(run.result, Ok(Verdict::Pass));
        run
    };
    println!("fuel of one call: {}", run(&plugins[0], Direction::Incoming).fuel);
    c.bench_function("hook/fresh/message", |b| {
        b.iter(|| run(&plugins[0], Direction::Incoming))
    });
    c.bench_function("hook/fresh/text", |b| b.iter(|| run(&plugins[0], Direction::Outgoing)));
    c.bench_function("hook/fresh/chain-of-five", |b| {
        b.iter(|| {
            let mut copy = message.clone();
            for linked in &plugins {
                let verdict = run(linked, Direction::Incoming).result.expect("it passes");
                pipeline::apply(&mut copy, &verdict).expect("nothing to refuse");
            }
            copy
        });
    });
}

criterion_group!(benches, hooks);
criterion_main!(benches);
