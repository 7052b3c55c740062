//! Parameters in every shape.

use futures_util::stream;
use proptest::prelude::*;

use crate::Params;
use crate::request::{PARAMS_LIMIT, ParamReader, Read, boundary, json_fields, percent};

fn read(kind: &str, pieces: &[&[u8]]) -> Read {
    let mut reader = ParamReader::new(None, Some(kind.as_bytes()), None);
    for piece in pieces {
        reader.feed(piece);
    }
    reader.finish()
}

fn cut<'a>(text: &'a [u8], cuts: &[usize]) -> Vec<&'a [u8]> {
    let (mut pieces, mut rest, mut cut) = (Vec::new(), text, cuts.iter().cycle());
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(rest.len().min(*cut.next().unwrap()));
        pieces.push(piece);
        rest = after;
    }
    pieces
}

fn fields(params: &Params) -> Vec<(&str, &str)> {
    params.iter().collect()
}

#[test]
fn percents_that_are_none_stay() {
    assert_eq!(&*percent(b"a%2", true), b"a%2");
    assert_eq!(&*percent(b"%zz%41+", true), b"%zzA ");
    assert_eq!(&*percent(b"%41+", false), b"A+");
}

#[test]
fn json_is_read_as_the_server_reads_it() {
    let read = |text: &str| {
        let mut params = Params::default();
        json_fields(text.as_bytes(), &mut params);
        params
            .iter()
            .map(|(k, v)| (k.to_owned(), v.to_owned()))
            .collect::<Vec<_>>()
    };
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert_eq!(
        read(r#" {"a": 5 ,"b":"x\n\u00e4\ud83d\ude00\/","c":{"d":[1, "}"]},"e":null,"f":true} "#),
        [
            pair("a", "5"),
            pair("b", "x\nä😀/"),
            pair("c", r#"{"d":[1, "}"]}"#),
            pair("e", "null"),
            pair("f", "true")
        ]
    );
    // What stands before a mistake counts.
    assert_eq!(read(r#"{"a":"1","b":}"#), [pair("a", "1")]);
    assert_eq!(read(r#"{"a":"1" "b":2}"#), [pair("a", "1")]);
    assert_eq!(read(r#"["a"]"#), []);
    assert_eq!(read(r#"{"a":"\ud83d"}"#), [pair("a", "\u{fffd}")]);
    assert_eq!(read(&format!("{{\"a\":{}", "[".repeat(100_000))), []);
}

#[test]
fn the_query_stands_before_the_body_and_all_is_limited() {
    let mut reader = ParamReader::new(Some(b"a=1&b&=x"), Some(b"application/x-www-form-urlencoded"), None);
    reader.feed(b"a=2&c=%2");
    reader.feed(b"0");
    let read = reader.finish();
    assert_eq!(read.params.get("a"), Some("1"));
    assert_eq!(
        fields(&read.params),
        [("a", "1"), ("b", ""), ("", "x"), ("a", "2"), ("c", " ")]
    );
    let full = format!("a={}", "x".repeat(PARAMS_LIMIT - 2));
    assert!(!self::read("application/x-www-form-urlencoded", &[full.as_bytes()]).over);
    assert!(self::read("application/x-www-form-urlencoded", &[full.as_bytes(), b"x"]).over);
}

#[test]
fn boundaries_are_found_as_the_server_finds_them() {
    assert_eq!(boundary(b"multipart/form-data; boundary=abc"), Some(&b"abc"[..]));
    assert_eq!(
        boundary(b"multipart/form-data; BOUNDARY=\"a b\"; charset=x"),
        Some(&b"a b"[..])
    );
    assert_eq!(boundary(b"multipart/form-data"), None);
    assert_eq!(boundary(b"multipart/form-data; boundary="), None);
    assert_eq!(boundary(format!("boundary={}", "x".repeat(71)).as_bytes()), None);
}

#[test]
fn parts_are_told_apart() {
    let body = b"preamble\r\n--b\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--b\r\ncontent-type: application/x-www-form-urlencoded\r\n\
        CONTENT-DISPOSITION:  form-data;\r\n name=\"x\"\r\n\r\nc=3&d=4\r\n--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"\"\r\n\r\n\
        \r\n--\r\n--b--epilogue\r\n--b\r\n";
    let got = read("multipart/form-data; boundary=b", &[body]);
    assert_eq!(fields(&got.params), [("a", "1"), ("c", "3"), ("d", "4")]);
    assert_eq!(got.params.files, ["f"]);
    assert!(!got.broken && !got.over);
    for bad in [
        "",
        "--b\r\n\r\nx\r\n--b--",
        "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx\r\n--b",
        "--bx",
    ] {
        assert!(
            read("multipart/form-data; boundary=b", &[bad.as_bytes()]).broken,
            "{bad}"
        );
    }
}

fn name() -> impl Strategy<Value = String> {
    "[a-z_]{1,12}"
}

/// Bytes in which boundaries and their beginnings are likely.
fn content() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(b"\r\n--bnd".to_vec()),
        Just(b"\r\n--bn".to_vec()),
        Just(b"\r\n".to_vec()),
        Just(b"\r".to_vec()),
        Just(b"--".to_vec()),
        prop::collection::vec(any::<u8>(), 0..20),
    ];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

fn without_boundary(mut content: Vec<u8>) -> Vec<u8> {
    while let Some(at) = memchr::memmem::find(&[b"\r\n", &content[..]].concat(), b"\r\n--bnd") {
        content.remove(at.saturating_sub(2));
    }
    content
}

fn body(parts: &[(String, bool, Vec<u8>)]) -> Vec<u8> {
    let mut text = Vec::new();
    for (name, file, content) in parts {
        let filename = if *file { "; filename=\"x.bin\"" } else { "" };
        text.extend_from_slice(
            format!("--bnd\r\nContent-Disposition: form-data; name=\"{name}\"{filename}\r\n\r\n").as_bytes(),
        );
        text.extend_from_slice(content);
        text.extend_from_slice(b"\r\n");
    }
    text.extend_from_slice(b"--bnd--\r\n");
    text
}

fn by_multer(text: &[u8]) -> Vec<(String, bool, Vec<u8>)> {
    let text = bytes::Bytes::copy_from_slice(text);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let mut all = multer::Multipart::new(stream::iter([Ok::<_, std::io::Error>(text)]), "bnd");
        let mut parts = Vec::new();
        while let Some(part) = all.next_field().await.unwrap() {
            let (name, file) = (part.name().unwrap().to_owned(), part.file_name().is_some());
            parts.push((name, file, part.bytes().await.unwrap().to_vec()));
        }
        parts
    })
}

proptest! {
    #[test]
    fn sound_multipart_is_read_as_multer_reads_it(
        parts in prop::collection::vec((name(), any::<bool>(), content().prop_map(without_boundary)), 1..6),
        cuts in prop::collection::vec(1_usize..30, 1..50),
    ) {
        let text = body(&parts);
        let got = read("multipart/form-data; boundary=bnd", &cut(&text, &cuts));
        prop_assert!(!got.broken && !got.over);
        let expected = by_multer(&text);
        let values: Vec<(&str, String)> = expected.iter().filter(|part| !part.1)
            .map(|(name, _, value)| (name.as_str(), String::from_utf8_lossy(value).into_owned())).collect();
        prop_assert_eq!(got.params.iter().map(|(k, v)| (k, v.to_owned())).collect::<Vec<_>>(), values);
        let files: Vec<&String> = expected.iter().filter(|part| part.1).map(|part| &part.0).collect();
        prop_assert_eq!(got.params.files.iter().collect::<Vec<_>>(), files);
    }

    #[test]
    fn it_does_not_matter_how_a_body_is_cut(
        parts in prop::collection::vec((name(), any::<bool>(), content()), 0..6),
        spoil in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        cuts in prop::collection::vec(1_usize..30, 1..50),
        kind in prop::sample::select(&["multipart/form-data; boundary=bnd", "application/json", "application/x-www-form-urlencoded"][..]),
    ) {
        let mut text = body(&parts);
        for (at, byte) in spoil {
            let at = at.index(text.len());
            text[at] = byte;
        }
        let whole = read(kind, &[&text]);
        let got = read(kind, &cut(&text, &cuts));
        prop_assert_eq!(whole.params, got.params);
        prop_assert_eq!((whole.broken, whole.over), (got.broken, got.over));
    }

    #[test]
    fn json_that_serde_reads_is_read_alike(
        fields in prop::collection::vec((".{0,8}", prop_oneof![
            ".{0,20}".prop_map(serde_json::Value::from),
            any::<i64>().prop_map(serde_json::Value::from),
            any::<bool>().prop_map(serde_json::Value::from),
            prop::collection::vec(".{0,4}", 0..4).prop_map(serde_json::Value::from),
        ]), 0..6),
    ) {
        let text: Vec<String> = fields.iter()
            .map(|(name, value)| format!("{}:{value}", serde_json::to_string(name).unwrap())).collect();
        let mut params = Params::default();
        json_fields(format!("{{{}}}", text.join(",")).as_bytes(), &mut params);
        let expected: Vec<(String, String)> = fields.iter().map(|(name, value)| {
            (name.clone(), value.as_str().map_or_else(|| value.to_string(), str::to_owned))
        }).collect();
        prop_assert_eq!(params.iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect::<Vec<_>>(), expected);
    }
}
