//! Calls that a webhook's answer asks for.

use crate::Params;
use crate::request::ParamReader;

/// A program cannot ask for these, nor for anything that begins with `get`.
const REFUSED: [&str; 4] = ["setwebhook", "deletewebhook", "close", "logout"];

/// The method, in lower case, and the parameters of the call in a 2xx answer, if there is one. Its shape is read as a request's.
pub(super) fn parse(kind: &[u8], body: &[u8]) -> Option<(String, Params)> {
    if body.is_empty() || kind.is_empty() {
        return None;
    }
    let mut reader = ParamReader::new(None, Some(kind), None);
    reader.feed(body);
    let read = reader.finish();
    if read.over || read.broken {
        return None;
    }
    let method = read.params.get("method")?.to_ascii_lowercase();
    if method.is_empty() || method.starts_with("get") || REFUSED.contains(&method.as_str()) {
        return None;
    }
    if !read.params.files.is_empty() {
        tracing::warn!(
            method,
            "a webhook's answer asks for a call with a file, which has to be sent as a call"
        );
        return None;
    }
    let mut params = Params::default();
    for (name, value) in read.params.iter().filter(|(name, _)| *name != "method") {
        params.push(name, value);
    }
    Some((method, params))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(kind: &str, body: &str) -> Option<(String, Vec<(String, String)>)> {
        let (method, params) = parse(kind.as_bytes(), body.as_bytes())?;
        let fields = params.iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        Some((method, fields.collect()))
    }

    fn sent(fields: &[(&str, &str)]) -> Option<(String, Vec<(String, String)>)> {
        let fields = fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Some(("sendmessage".to_owned(), fields.collect()))
    }

    #[test]
    fn a_call_is_read_in_each_shape() {
        let wanted = sent(&[("chat_id", "5"), ("text", "a b")]);
        let json = r#"{"method":"sendMessage","chat_id":5,"text":"a b"}"#;
        assert_eq!(call("application/json; charset=utf-8", json), wanted);
        let form = "method=SendMessage&chat_id=5&text=a+b";
        assert_eq!(call("application/x-www-form-urlencoded", form), wanted);
        let parts = "--x\r\nContent-Disposition: form-data; name=\"method\"\r\n\r\nsendMessage\r\n--x\r\nContent-Disposition: \
                     form-data; name=\"chat_id\"\r\n\r\n5\r\n--x\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\na \
                     b\r\n--x--\r\n";
        assert_eq!(call("multipart/form-data; boundary=x", parts), wanted);
    }

    #[test]
    fn other_answers_ask_for_nothing() {
        for body in [
            "",
            "ok",
            "[]",
            r#"{"ok":true}"#,
            r#"{"method":"getMe"}"#,
            r#"{"method":"deleteWebhook"}"#,
            r#"{"method":"logOut"}"#,
            r#"{"method":"close"}"#,
            r#"{"method":"setWebhook","url":""}"#,
        ] {
            assert_eq!(call("application/json", body), None, "{body}");
        }
        assert_eq!(call("text/plain", r#"{"method":"sendMessage"}"#), None);
    }
}
