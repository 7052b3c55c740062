//! Parameters: it does not matter how a body is cut, and a sound multipart body is read as multer reads it.
#![no_main]

use futures_util::{FutureExt as _, stream};
use libfuzzer_sys::fuzz_target;
use switchboard_gateway::request::{ParamReader, Read};

const KINDS: [&str; 4] = [
    "application/x-www-form-urlencoded",
    "application/json",
    "multipart/form-data; boundary=b",
    "multipart/form-data; boundary=\"--=_x\"",
];

fuzz_target!(|data: &[u8]| {
    let [kind, first, second, body @ ..] = data else {
        return;
    };
    let kind = usize::from(*kind) % KINDS.len();
    let cuts = [usize::from(*first).max(1), usize::from(*second).max(1)];
    let read = |pieces: &mut dyn Iterator<Item = &[u8]>| -> Read {
        let mut reader = ParamReader::new(None, Some(KINDS[kind].as_bytes()), Some(("certificate", 64)));
        pieces.for_each(|piece| reader.feed(piece));
        reader.finish()
    };
    let whole = read(&mut std::iter::once(body));
    let (mut rest, mut turn) = (body, 0);
    let cut = read(&mut std::iter::from_fn(|| {
        turn += 1;
        let (piece, after) = rest.split_at(rest.len().min(cuts[turn % 2]));
        rest = after;
        (!piece.is_empty()).then_some(piece)
    }));
    assert_eq!(whole.params, cut.params);
    assert_eq!((whole.broken, whole.over), (cut.broken, cut.over));
    if !whole.over {
        assert_eq!(whole.file, cut.file);
    }
    if kind == 2 {
        sound(body, &whole);
    }
});

/// Builds a sound body out of the bytes and reads it with both.
fn sound(text: &[u8], _: &Read) {
    let mut body = Vec::new();
    let mut fields = 0;
    for (n, content) in text.split(|&byte| byte == 0xff).enumerate() {
        if [b"\r\n", content].concat().windows(5).any(|window| window == b"\r\n--b") {
            continue;
        }
        let file = if n % 3 == 2 { "; filename=\"f\"" } else { "" };
        body.extend_from_slice(format!("--b\r\nContent-Disposition: form-data; name=\"n{n}\"{file}\r\n\r\n").as_bytes());
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
        fields += 1;
    }
    if fields == 0 {
        return;
    }
    body.extend_from_slice(b"--b--\r\n");
    let mut reader = ParamReader::new(None, Some(KINDS[2].as_bytes()), None);
    body.chunks(7).for_each(|piece| reader.feed(piece));
    let ours = reader.finish();
    assert!(!ours.broken && !ours.over);
    let theirs = async {
        let once = stream::iter([Ok::<_, std::io::Error>(bytes::Bytes::from(body))]);
        let mut parts = multer::Multipart::new(once, "b");
        let (mut values, mut files) = (Vec::new(), Vec::new());
        while let Some(part) = parts.next_field().await.expect("a sound body") {
            let name = part.name().expect("a name").to_owned();
            let file = part.file_name().is_some();
            let content = part.bytes().await.expect("a sound part");
            if file {
                files.push(name);
            } else {
                values.push((name, String::from_utf8_lossy(&content).into_owned()));
            }
        }
        (values, files)
    };
    let (values, files) = theirs.now_or_never().expect("nothing to wait for");
    let ours_values: Vec<_> = ours.params.iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
    assert_eq!(ours_values, values);
    assert_eq!(ours.params.files, files);
}
