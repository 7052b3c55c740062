//! Calls in the shapes of all frameworks go through as they came.

use std::sync::Arc;

use super::harness::*;

#[tokio::test]
async fn every_shape_of_the_frameworks_goes_through_byte_for_byte() {
    let (_door, mut client, seen) = simple().await;
    let part = "--bnd\r\nContent-Disposition: form-data; name=\"chat_id\"\r\n\r\n5\r\n--bnd\r\nContent-Disposition: form-data; \
                name=\"photo\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n\u{1}\u{2}\r\n--bn\r\n--bnd--\r\n";
    let form = "chat_id=5&text=%D0%9F+x&reply_markup=%7B%22keyboard%22%3A%5B%5D%7D";
    let json = r#"{"chat_id":5,"text":"x","allowed_updates":[]}"#;
    let typed = |kind: &str, body: &str, method: &str| {
        format!(
            "POST /bot{TOKEN}/{method} HTTP/1.1\r\nhost: door\r\nX-Odd-Case: Kept\r\nCONTENT-TYPE: {kind}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    let chunked = |body: &str| {
        let (first, second) = body.split_at(40);
        format!(
            "POST /bot{TOKEN}/sendPhoto HTTP/1.1\r\nHost: door\r\nContent-Type: multipart/form-data; boundary=bnd\r\n\
             Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{first}\r\n{:X}\r\n{second}\r\n0\r\n\r\n",
            first.len(),
            second.len()
        )
    };
    let shapes: Vec<(String, &str)> = vec![
        // python-telegram-bot, aiogram, node-telegram-bot-api
        (typed("application/x-www-form-urlencoded", form, "sendMessage"), form),
        // python-telegram-bot with files
        (typed("multipart/form-data; boundary=bnd", part, "sendPhoto"), part),
        // aiogram, grammY, Telegraf with files
        (chunked(part), part),
        // pyTelegramBotAPI
        (get(&format!("/bot{TOKEN}/getMe?timeout=5&x=%20y")), ""),
        (
            format!(
                "POST /bot{TOKEN}/sendMessage?chat_id=5&text=x HTTP/1.1\r\nHost: door\r\nContent-Length: 0\r\n\r\n"
            ),
            "",
        ),
        // grammY, Telegraf
        (typed("application/json", json, "sendMessage"), json),
        // teloxide, and any other case
        (typed("application/json", json, "SendMessage"), json),
        (typed("application/json", json, "SENDMESSAGE"), json),
        (typed("application/json", json, "test/sendMessage"), json),
        // PHP, with what its author forgot to encode
        (get(&format!("/bot{TOKEN}/sendMessage?chat_id=5&text=Привет")), ""),
        (get(&format!("/bot{}/getMe", TOKEN.replace(':', "%3A"))), ""),
    ];
    for (request, body) in shapes {
        let got = client.ask(&request).await;
        assert_eq!(got.text(), OK);
        let seen = seen.lock().pop().unwrap();
        assert_eq!(seen.text(), body);
        assert_eq!(seen.line(), request.lines().next().unwrap());
        let lengths = [seen.header("content-length"), seen.header("transfer-encoding")];
        let sent = request.to_ascii_lowercase();
        assert_eq!(lengths[0].is_some(), sent.contains("\r\ncontent-length"));
        assert_eq!(lengths[1].is_some(), sent.contains("\r\ntransfer-encoding"));
    }
}

#[tokio::test]
async fn headers_keep_their_case_and_order_but_for_those_of_the_neighbours() {
    let server = Server::new().await;
    let address = server.address;
    let door = door(address, Arc::new(())).await;
    let seen = server.serve(|_| {
        b"HTTP/1.1 200 Very Well\r\nsErVer: x\r\nConnection: keep-alive\r\nKeep-Alive: timeout=5\r\nX-B: 1\r\nx-a: 2\r\n\
          Set-Cookie: a\r\nSet-Cookie: b\r\nContent-Length: 2\r\nETag: \"e\"\r\n\r\n{}"
            .to_vec()
    });
    let mut client = Peer::connect(door.address()).await;
    let request = format!(
        "POST /bot{TOKEN}/getMe HTTP/1.1\r\nX-Second: 2\r\nhOsT: door:1\r\nConnection: keep-alive, X-Mine\r\nX-Mine: 1\r\n\
         Keep-Alive: timeout=9\r\nTE: trailers\r\nUpgrade: h2c\r\nProxy-Connection: close\r\nACCEPT-encoding: br\r\n\
         Content-Length: 0\r\n\r\n"
    );
    let got = client.ask(request).await;
    assert_eq!(
        got.head,
        "HTTP/1.1 200 Very Well\r\nsErVer: x\r\nConnection: keep-alive\r\nX-B: 1\r\nx-a: 2\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n\
         Content-Length: 2\r\nETag: \"e\"\r\n\r\n"
    );
    assert_eq!(
        seen.lock().pop().unwrap().head,
        format!(
            "POST /bot{TOKEN}/getMe HTTP/1.1\r\nX-Second: 2\r\nhOsT: {address}\r\nACCEPT-encoding: br\r\nContent-Length: 0\r\n\r\n"
        )
    );
}

#[tokio::test]
async fn refusals_pass_untouched() {
    let server = Server::new().await;
    let door = door(server.address, Arc::new(Notes::default())).await;
    let body = r#"{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 7","parameters":{"retry_after":7}}"#;
    server.serve(move |_| {
        format!(
            "HTTP/1.1 429 Too Many Requests\r\nContent-Type: application/json\r\nRetry-After: 7\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .into_bytes()
    });
    let mut client = Peer::connect(door.address()).await;
    let got = client.ask(post("sendMessage", "chat_id=5&text=x")).await;
    assert_eq!(got.line(), "HTTP/1.1 429 Too Many Requests");
    assert_eq!(got.header("retry-after"), Some("7"));
    assert_eq!(got.text(), body);
}

#[tokio::test]
async fn only_open_tokens_are_let_in_and_the_rest_is_told_as_telegram_tells_it() {
    let (door, mut client, seen) = simple().await;
    let cases = [
        ("/", 404, "Not Found"),
        ("/sim/state", 404, "Not Found"),
        (&format!("/bot{TOKEN}"), 404, "Not Found"),
        (&format!("/bot{TOKEN}/testgetMe"), 404, "Not Found"),
        (&format!("/bot{TOKEN}/../x"), 404, "Not Found: method not found"),
        (
            &format!("/file/bot{TOKEN}/../bot{TOKEN}/logOut"),
            404,
            "Not Found: file not found",
        ),
        (&format!("/file/bot{TOKEN}/%2e%2E/x"), 404, "Not Found: file not found"),
        (&format!("/file/bot{TOKEN}/"), 404, "Not Found: file not found"),
        (&format!("/file/bot{TOKEN}"), 404, "Not Found"),
        ("/file/bot123456:wrong/../x", 401, "Unauthorized"),
        (
            &format!("http://door/bot{TOKEN}/getMe"),
            404,
            "Not Found: absolute URI is specified in the Request-Line",
        ),
        ("/bot123456:wrongwrongwrong/getMe", 401, "Unauthorized"),
        (&format!("/bot{TOKEN}x/getMe"), 401, "Unauthorized"),
        ("/bot7:AAother/getMe", 401, "Unauthorized"),
        ("/bot/getMe", 401, "Unauthorized: invalid token specified"),
        ("/botx:y/getMe", 401, "Unauthorized: invalid token specified"),
        ("/bot0123456:x/getMe", 401, "Unauthorized: invalid token specified"),
        ("/file/bot123456:wrongwrongwrong/a/b", 401, "Unauthorized"),
    ];
    for (path, code, description) in cases {
        let got = client.ask(get(path)).await;
        let expected = format!(r#"{{"ok":false,"error_code":{code},"description":"{description}"}}"#);
        assert_eq!(got.text(), expected, "{path}");
        assert!(got.line().starts_with(&format!("HTTP/1.1 {code} ")), "{path}");
        assert_eq!(got.header("content-type"), Some("application/json"));
    }
    assert!(seen.lock().is_empty());
    assert_eq!(client.ask(get(&format!("/bot{TOKEN}/getMe"))).await.text(), OK);
    door.shut(123_456);
    let got = client.ask(get(&format!("/bot{TOKEN}/getMe"))).await;
    assert!(got.line().contains("401"));
    door.stop().await;
}

#[tokio::test]
async fn connections_are_reused_on_both_sides_and_answers_keep_their_order() {
    let server = Server::new().await;
    let door = door(server.address, Arc::new(())).await;
    let mut client = Peer::connect(door.address()).await;
    // Three calls in one breath: the second is passed on only after the first is answered.
    let calls: String = (1..=3).map(|n| post(&format!("getMe{n}"), "a=1")).collect();
    client.send(calls).await;
    let mut behind = server.accept().await;
    for n in 1..=3 {
        let call = behind.message().await.unwrap();
        assert!(call.line().contains(&format!("getMe{n}")));
        behind.send(answer("200 OK", &format!("{n}"))).await;
        assert_eq!(client.message().await.unwrap().text(), format!("{n}"));
    }
}

#[tokio::test]
async fn old_clients_get_answers_that_they_can_read() {
    let server = Server::new().await;
    let door = door(server.address, Arc::new(())).await;
    server.serve(|_| {
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\n\r\n".to_vec()
    });
    let mut client = Peer::connect(door.address()).await;
    let got = client.ask(format!("GET /bot{TOKEN}/getMe HTTP/1.0\r\n\r\n")).await;
    assert_eq!(got.head, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
    assert_eq!(got.text(), "abcde");
    assert!(client.closed().await);
}

#[tokio::test]
async fn a_client_that_waits_is_told_to_go_on() {
    let (_door, mut client, seen) = simple().await;
    let head = format!(
        "POST /bot{TOKEN}/sendDocument HTTP/1.1\r\nHost: door\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"
    );
    let got = client.ask(head).await;
    assert_eq!(got.head, "HTTP/1.1 100 Continue\r\n\r\n");
    assert_eq!(client.ask("hello").await.text(), OK);
    let seen = seen.lock().pop().unwrap();
    assert_eq!(seen.text(), "hello");
    assert_eq!(seen.header("expect"), None);
}
