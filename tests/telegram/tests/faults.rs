//! Every fault does what its name says, and the journal tells the truth about it.

mod common;

use std::time::{Duration, Instant};

use common::{SOON, Stage, stage};
use serde_json::{Value, json};
use telegram_sim::{Fault, FaultRule};

async fn send(s: &Stage, text: &str) -> Result<common::Answer, reqwest::Error> {
    s.api
        .try_call("sendMessage", json!({"chat_id": s.alice.id, "text": text}))
        .await
}

#[tokio::test]
async fn broken_calls_take_effect_or_not_as_named() {
    let s = stage().await;
    let chat = s.chat();
    for (fault, effect) in [
        (Fault::Refuse, false),
        (Fault::ResetBefore, false),
        (Fault::ResetAfter, true),
        (Fault::Truncated, true),
        (Fault::BadGatewayAfter, true),
        (Fault::HtmlBefore, false),
    ] {
        let text = format!("{fault:?}");
        s.sim.set_faults(vec![FaultRule::new(fault, "send*").times(1)]);
        assert!(send(&s, &text).await.is_err(), "{fault:?}: no JSON answer comes");
        let call = s.sim.calls().into_iter().rfind(|c| c.method == "sendmessage").unwrap();
        assert_eq!((call.fault, call.effect), (Some(fault), effect), "{fault:?}");
        assert!(call.ambiguous());
        assert_eq!(chat.texts().contains(&text), effect, "{fault:?}");
        assert_eq!(
            send(&s, &format!("after {text}")).await.unwrap().status,
            200,
            "one strike only"
        );
    }
}

#[tokio::test]
async fn silence_lasts_until_the_caller_gives_up() {
    let s = stage().await;
    let chat = s.chat();
    for (fault, effect) in [(Fault::SilentAfter, true), (Fault::SilentBefore, false)] {
        let text = format!("{fault:?}");
        s.sim.set_faults(vec![FaultRule::new(fault, "*").times(1)]);
        let out = tokio::time::timeout(Duration::from_millis(300), send(&s, &text)).await;
        assert!(out.is_err(), "no answer at all");
        if effect {
            chat.wait_text(&text, SOON).await.unwrap();
        }
        assert_eq!(chat.texts().contains(&text), effect);
    }
}

#[tokio::test]
async fn errors_delays_and_odd_429s() {
    let s = stage().await;
    let chat = s.chat();
    let once = |f: Fault| FaultRule::new(f, "sendMessage").times(1);
    s.sim.set_faults(vec![once(Fault::ErrorBefore)]);
    assert_eq!(send(&s, "e").await.unwrap().status, 500);
    s.sim.set_faults(vec![once(Fault::TooManyWithoutRetryAfter)]);
    let a = send(&s, "t").await.unwrap();
    assert_eq!((a.status, a.retry_after, a.body.get("parameters")), (429, None, None));
    s.sim
        .set_faults(vec![once(Fault::TooMany).delay(Duration::from_secs(7))]);
    assert_eq!(send(&s, "t").await.unwrap().body["parameters"]["retry_after"], 7);
    assert_eq!(chat.texts(), ["/start"]);
    for f in [Fault::Latency, Fault::Drip] {
        s.sim.set_faults(vec![once(f).delay(Duration::from_millis(120))]);
        let started = Instant::now();
        assert_eq!(send(&s, "slow").await.unwrap().status, 200);
        assert!(started.elapsed() >= Duration::from_millis(100), "{f:?}");
    }
}

#[tokio::test]
async fn updates_come_twice_or_late() {
    let s = stage().await;
    s.api.updates().await;
    s.sim
        .set_faults(vec![FaultRule::new(Fault::DuplicateUpdates, "getUpdates").times(1)]);
    s.alice.private(&s.bot).text("once");
    let first = s.api.ok("getUpdates", json!({})).await;
    let id = first[0]["update_id"].as_i64().unwrap();
    let second = s.api.ok("getUpdates", json!({"offset": id + 1})).await;
    assert_eq!(second, first, "confirmed, and yet it comes again");
    assert_eq!(s.api.ok("getUpdates", json!({"offset": id + 1})).await, json!([]));
    s.sim.set_faults(vec![
        FaultRule::new(Fault::LateUpdates, "getUpdates")
            .times(1)
            .delay(Duration::from_millis(800)),
    ]);
    s.alice.private(&s.bot).text("late");
    assert_eq!(s.api.ok("getUpdates", json!({"offset": id + 1})).await, json!([]));
    let started = Instant::now();
    let got = s.api.ok("getUpdates", json!({"offset": id + 1, "timeout": 5})).await;
    assert_eq!(got[0]["message"]["text"], "late");
    assert!(started.elapsed() < SOON);
}

#[tokio::test]
async fn rules_pick_methods_chats_and_chances() {
    let s = stage().await;
    s.chat();
    let g = s.forum.id();
    s.sim
        .set_faults(vec![FaultRule::new(Fault::ErrorBefore, "send*").chat(g)]);
    assert_eq!(send(&s, "private").await.unwrap().status, 200);
    assert_eq!(
        s.api
            .call("sendMessage", json!({"chat_id": g, "text": "x"}))
            .await
            .status,
        500
    );
    s.api.ok("getMe", json!({})).await;
    s.sim
        .set_faults(vec![FaultRule::new(Fault::ErrorBefore, "*").skip(2).times(1)]);
    let mut codes = Vec::new();
    for _ in 0..4 {
        codes.push(s.api.call("getMe", json!({})).await.status);
    }
    assert_eq!(codes, [200, 200, 500, 200]);
    let run = |seed: u64| {
        let s = &s;
        async move {
            s.sim
                .set_faults(vec![FaultRule::new(Fault::ErrorBefore, "getMe").chance(0.4).seed(seed)]);
            let mut out = Vec::new();
            for _ in 0..30 {
                out.push(s.api.call("getMe", json!({})).await.status);
            }
            out
        }
    };
    assert_eq!(run(3).await, run(3).await, "a seed repeats its strikes");
    assert_ne!(run(3).await, run(4).await);
}

#[tokio::test]
async fn faults_and_limits_are_set_over_http_too() {
    let s = stage().await;
    let http = common::http();
    let put = |what: &str, body: Value| http.put(format!("{}/sim/{what}", s.sim.api_url())).json(&body).send();
    let v: Value = put(
        "faults",
        json!({"seed": 9, "rules": [{"fault": "error_before", "method": "getMe"}]}),
    )
    .await
    .unwrap()
    .json()
    .await
    .unwrap();
    assert_eq!(v["result"]["rules"][0]["fault"], "error_before");
    assert_eq!(s.api.call("getMe", json!({})).await.status, 500);
    let r = put("faults", json!({"rules": [{"fault": "meteor"}]})).await.unwrap();
    assert_eq!(r.status(), 400);
    s.sim.clear_faults();
    put("limits", json!({"group": "1/60s"})).await.unwrap();
    s.api
        .ok("sendMessage", json!({"chat_id": s.forum.id(), "text": "x"}))
        .await;
    assert_eq!(
        s.api
            .call("sendMessage", json!({"chat_id": s.forum.id(), "text": "x"}))
            .await
            .status,
        429
    );
    let v: Value = http
        .get(format!("{}/sim/calls?method=sendMessage", s.sim.api_url()))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let codes: Vec<i64> = v["result"]["calls"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["code"].as_i64().unwrap())
        .collect();
    assert_eq!(codes, [200, 429]);
}

#[tokio::test]
async fn the_whole_server_can_go_away_and_come_back() {
    let s = stage().await;
    s.api.ok("getMe", json!({})).await;
    s.sim.set_online(false);
    let gone = async {
        while s.api.try_call("getMe", json!({})).await.is_ok() {
            tokio::task::yield_now().await;
        }
        s.api.try_call("getMe", json!({})).await.unwrap_err()
    };
    assert!(tokio::time::timeout(SOON, gone).await.unwrap().is_connect());
    s.sim.set_online(true);
    let put = async {
        let url = format!("{}/sim/offline", s.sim.api_url());
        while s.api.http.put(&url).json(&json!({"for_ms": 30})).send().await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(SOON, put).await.unwrap();
    let back = async {
        while s.api.try_call("getMe", json!({})).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(SOON, back).await.unwrap();
}
