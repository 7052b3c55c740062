//! What a call of the bot's own program costs it to go through the host: with its message shown to operators, and without.

use std::time::{Duration, Instant};

use anyhow::Result;
use switchboard_e2e::{Bot, Setup, Stage};

const CALLS: usize = 1_000;
const PATIENCE: Duration = Duration::from_secs(60);

/// Calls in turns through each way; the median of each.
pub async fn measure() -> Result<()> {
    println!("\n## Beside a bot's own program (mode gateway)");
    let stage = Stage::start(Setup {
        mode: "gateway".into(),
        ..Setup::default()
    })
    .await?;
    let alice = stage.customer("Alice");
    alice.text("hello");
    let topic = stage.topic("Alice").await?;
    topic.wait_text("hello", PATIENCE).await?;
    let (direct, through) = (Bot::at(&stage.sim.api_url()), Bot::at(&stage.door()));
    let mut ways: [(&str, &Bot, i64, Vec<Duration>); 3] = [
        ("directly", &direct, alice.person, Vec::new()),
        ("through the host, operators see it", &through, alice.person, Vec::new()),
        ("through the host, no dialog", &through, 0, Vec::new()),
    ];
    for number in 0..CALLS {
        for (_, bot, chat, took) in &mut ways {
            let begun = Instant::now();
            // Chat 0 is refused, by either way: a call like any other, of which the relay wants nothing.
            let asked =
                serde_json::json!({ "chat_id": *chat, "text": format!("message {number} of an ordinary length") });
            bot.ask("sendMessage", asked).await?;
            took.push(begun.elapsed());
        }
    }
    let mut medians = Vec::new();
    for (way, _, _, took) in &mut ways {
        took.sort();
        let (p50, p99) = (took[CALLS / 2], took[CALLS * 99 / 100]);
        println!("sendMessage {way}: p50 {:.2} ms, p99 {:.2} ms", ms(p50), ms(p99));
        medians.push(p50);
    }
    println!(
        "added at p50: {:.2} ms where operators see the message (it is on disk before the program has its answer), {:.2} ms else",
        ms(medians[1].saturating_sub(medians[0])),
        ms(medians[2].saturating_sub(medians[0]))
    );
    let last = format!("🤖 message {} of an ordinary length", CALLS - 1);
    topic.wait_text(&last, PATIENCE).await?;
    Ok(())
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
