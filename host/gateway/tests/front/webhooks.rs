//! `setWebhook`, `deleteWebhook`, `getWebhookInfo`: what they answer and what they keep.

use std::time::Duration;

use bytes::Bytes;
use serde_json::json;
use switchboard_gateway::{Adopted, Answer, GatewayError};

use crate::stage::{Stage, params};

const URL: (&str, &str) = ("url", "http://127.0.0.1:9/hook");

/// `setWebhook` may be called once a second.
async fn later() {
    tokio::time::sleep(Duration::from_millis(1100)).await;
}

async fn set(stage: &Stage, fields: &[(&str, &str)]) -> String {
    later().await;
    stage.says("setwebhook", fields).await
}

#[tokio::test(start_paused = true)]
async fn the_answers_are_telegrams() {
    let stage = Stage::new().await;
    let answer = stage.call("setwebhook", &[URL]).await;
    assert_eq!(
        answer.body,
        Bytes::from(r#"{"ok":true,"result":true,"description":"Webhook was set"}"#)
    );
    assert_eq!(stage.call("setwebhook", &[URL]).await, Answer::wait(1));
    assert_eq!(set(&stage, &[URL]).await, "Webhook is already set");
    assert_eq!(set(&stage, &[URL, ("max_connections", "5")]).await, "Webhook was set");
    assert_eq!(
        set(&stage, &[URL, ("max_connections", "5"), ("secret_token", "a-_Z9")]).await,
        "Webhook was set"
    );
    assert_eq!(set(&stage, &[URL, ("secret_token", "a-_Z9")]).await, "Webhook was set");
    assert_eq!(stage.says("deletewebhook", &[]).await, "Webhook was deleted");
    assert_eq!(stage.says("deletewebhook", &[URL]).await, "Webhook is already deleted");
    set(&stage, &[URL]).await;
    assert_eq!(stage.says("setwebhook", &[("url", "")]).await, "Webhook was deleted");
    assert_eq!(stage.says("setwebhook", &[]).await, "Webhook is already deleted");
}

#[tokio::test(start_paused = true)]
async fn wishes_that_cannot_be_met_are_refused_and_end_the_webhook_before() {
    let mut stage = Stage::new().await;
    let long = "x".repeat(257);
    for (fields, text) in [
        (
            vec![("url", "ftp://a.example")],
            "Bad Request: invalid webhook URL specified",
        ),
        (vec![("url", "http://")], "Bad Request: invalid webhook URL specified"),
        (
            vec![URL, ("secret_token", &long)],
            "Bad Request: secret token is too long",
        ),
        (
            vec![URL, ("secret_token", "a b")],
            "Bad Request: secret token contains unallowed characters",
        ),
        (
            vec![URL, ("ip_address", "1.2.3")],
            "Bad Request: bad webhook: Invalid IP address specified",
        ),
    ] {
        assert_eq!(set(&stage, &[URL]).await, "Webhook was set");
        assert_eq!(set(&stage, &fields).await, text);
        let info = stage.info().await;
        assert_eq!((&info["url"], &info["max_connections"]), (&json!(""), &json!(null)));
    }
    // It is gone for good, and polls are welcome.
    stage.restart().await;
    assert_eq!(stage.info().await["url"], "");
    assert_eq!(stage.poll(&[]).await, [0; 0]);
    for certificate in [Bytes::from_static(b"no PEM"), Bytes::from_static(b"\xff")] {
        later().await;
        let answer = stage
            .front
            .answer("setwebhook", &params(&[URL]), Some(certificate))
            .await
            .unwrap();
        let body = String::from_utf8(answer.body.to_vec()).unwrap();
        assert!(
            body.contains("Bad Request: bad webhook: Failed to set custom certificate file"),
            "{body}"
        );
    }
    later().await;
    let answer = stage
        .front
        .answer("setwebhook", &params(&[URL]), Some(vec![b'x'; (3 << 20) + 1].into()))
        .await;
    let body = String::from_utf8(answer.unwrap().body.to_vec()).unwrap();
    assert!(
        body.contains("Bad Request: certificate size is too big (3145729 bytes)"),
        "{body}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_refusal_comes_after_all_that_telegram_does_before_it() {
    let stage = Stage::new().await;
    stage.take(1..=3).await;
    // Too soon: nothing has happened.
    set(&stage, &[URL]).await;
    let wrong = ("url", "ftp://a.example");
    let drop = ("drop_pending_updates", "true");
    let kinds = ("allowed_updates", r#"["poll"]"#);
    assert_eq!(stage.call("setwebhook", &[wrong, drop]).await, Answer::wait(1));
    assert_eq!(stage.info().await["url"], URL.1);
    assert_eq!(stage.info().await["pending_update_count"], 3);
    set(&stage, &[wrong, drop, kinds]).await;
    assert_eq!(stage.info().await["pending_update_count"], 0);
    // Kinds are chosen only with a webhook that is good in itself.
    assert_eq!(stage.info().await["allowed_updates"], json!(null));
    set(&stage, &[URL, ("ip_address", "1.2.3"), kinds]).await;
    assert_eq!(stage.info().await["allowed_updates"], json!(["poll"]));
    // A poll that waits is ended, though no webhook comes of it.
    later().await;
    let (ended, refused) = tokio::join!(stage.says("getupdates", &[("timeout", "50")]), async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        stage.says("setwebhook", &[wrong]).await
    });
    assert_eq!(ended, "Conflict: terminated by setWebhook request");
    assert_eq!(refused, "Bad Request: invalid webhook URL specified");
    assert_eq!(stage.poll(&[("offset", "1")]).await, [0; 0]);
}

#[tokio::test(start_paused = true)]
async fn names_of_no_kind_are_asked_for_and_not_told() {
    let mut stage = Stage::new().await;
    let kinds = ("allowed_updates", r#"["Message","brand_new","no kind"]"#);
    set(&stage, &[URL, kinds]).await;
    for _ in 0..2 {
        assert_eq!(stage.info().await["allowed_updates"], json!(["message"]));
        assert_eq!(stage.front.kinds(), ["message", "brand_new"]);
        stage.restart().await;
    }
    set(&stage, &[URL, ("allowed_updates", r#"["brand_new"]"#)]).await;
    assert_eq!(stage.info().await["allowed_updates"], json!(null));
    assert!(stage.front.kinds().contains(&"brand_new".to_owned()));
}

#[tokio::test]
async fn a_name_that_does_not_resolve_is_refused() {
    let stage = Stage::new().await;
    assert_eq!(
        stage
            .says("setwebhook", &[("url", "https://no.such.host.invalid/")])
            .await,
        "Bad Request: bad webhook: Failed to resolve host: Name or service not known"
    );
}

#[tokio::test(start_paused = true)]
async fn the_info_has_all_fields_in_their_order() {
    let mut stage = Stage::new().await;
    let none = r#"{"ok":true,"result":{"url":"","has_custom_certificate":false,"pending_update_count":0}}"#;
    assert_eq!(stage.call("getwebhookinfo", &[]).await.body, Bytes::from(none));
    let kinds = ("allowed_updates", r#"["message","Poll"]"#);
    set(
        &stage,
        &[URL, kinds, ("max_connections", "1000"), ("ip_address", "127.0.0.2")],
    )
    .await;
    let full = r#"{"ok":true,"result":{"url":"http://127.0.0.1:9/hook","has_custom_certificate":false,"pending_update_count":0,"max_connections":100,"ip_address":"127.0.0.2","allowed_updates":["message","poll"]}}"#;
    assert_eq!(stage.call("getwebhookinfo", &[]).await.body, Bytes::from(full));
    stage.restart().await;
    assert_eq!(stage.call("getwebhookinfo", &[]).await.body, Bytes::from(full));
    set(&stage, &[URL]).await;
    assert_eq!(stage.info().await["max_connections"], 40);
    assert_eq!(stage.info().await["ip_address"], "127.0.0.1");
    assert_eq!(stage.info().await["allowed_updates"], json!(["message", "poll"]));
    stage.call("deletewebhook", &[]).await;
    assert_eq!(stage.info().await["allowed_updates"], json!(["message", "poll"]));
}

#[tokio::test(start_paused = true)]
async fn the_same_webhook_may_bring_other_kinds() {
    let stage = Stage::new().await;
    set(&stage, &[URL]).await;
    let kinds = ("allowed_updates", r#"["message"]"#);
    assert_eq!(set(&stage, &[URL, kinds]).await, "Webhook is already set");
    assert_eq!(stage.front.kinds(), ["message"]);
}

#[tokio::test(start_paused = true)]
async fn pending_updates_are_kept_or_dropped() {
    let stage = Stage::new().await;
    stage.take(1..=3).await;
    set(&stage, &[URL]).await;
    assert_eq!(stage.info().await["pending_update_count"], 3);
    assert_eq!(stage.says("deletewebhook", &[]).await, "Webhook was deleted");
    assert_eq!(stage.poll(&[("limit", "1")]).await, [1]);
    assert_eq!(
        set(&stage, &[URL, ("drop_pending_updates", "true")]).await,
        "Webhook was set"
    );
    assert_eq!(stage.info().await["pending_update_count"], 0);
    stage.take([4]).await;
    assert_eq!(
        set(&stage, &[URL, ("drop_pending_updates", "1")]).await,
        "Webhook was set"
    );
    assert_eq!(stage.info().await["pending_update_count"], 0);
    stage.take([5]).await;
    stage.call("deletewebhook", &[]).await;
    assert_eq!(
        stage.says("deletewebhook", &[("drop_pending_updates", "YES")]).await,
        "Webhook is already deleted"
    );
    assert_eq!(stage.poll(&[("offset", "-9")]).await, [0; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_webhook_of_telegrams_is_adopted() {
    let mut stage = Stage::new().await;
    let adopted = Adopted {
        url: "http://127.0.0.1:9/there".into(),
        secret: Some("hush".into()),
        max_connections: 7,
        allowed_updates: Some(vec!["message".into()]),
        ip_address: None,
    };
    assert!(!format!("{adopted:?}").contains("hush"));
    stage.front.adopt(adopted.clone()).await.unwrap();
    stage.restart().await;
    stage.front.adopt(adopted.clone()).await.unwrap();
    let info = stage.info().await;
    assert_eq!(
        (&info["url"], &info["max_connections"]),
        (&json!("http://127.0.0.1:9/there"), &json!(7))
    );
    assert_eq!(stage.front.kinds(), ["message"]);
    let fields = [
        ("url", "http://127.0.0.1:9/there"),
        ("secret_token", "hush"),
        ("max_connections", "7"),
    ];
    assert_eq!(set(&stage, &fields).await, "Webhook is already set");
    let bad = Adopted {
        url: "gopher://x".into(),
        ..adopted
    };
    assert!(matches!(stage.front.adopt(bad).await, Err(GatewayError::Webhook(_))));
}
