//! Heads, paths and chunked bodies: whatever comes is read in one way or refused, and it does not matter how it is cut.
#![no_main]

use httparse::EMPTY_HEADER;
use libfuzzer_sys::fuzz_target;
use switchboard_gateway::request::{
    Chunked, Framing, MOST_HEADERS, Target, end_of_head, parse_head, parse_target,
};

fuzz_target!(|data: &[u8]| {
    let Some((&cut, text)) = data.split_first() else {
        return;
    };
    let cut = usize::from(cut).max(1);

    // The end of a head is found in pieces as in one.
    let whole = end_of_head(text, 0);
    let (mut seen, mut in_pieces) = (0, None);
    while seen < text.len() && in_pieces.is_none() {
        let length = (seen + cut).min(text.len());
        in_pieces = end_of_head(&text[..length], seen);
        seen = length;
    }
    assert_eq!(whole, in_pieces);

    let Some(end) = whole else {
        target(text);
        return;
    };
    let (head, body) = text.split_at(end);
    let mut slots = [EMPTY_HEADER; MOST_HEADERS];
    let Ok(head) = parse_head(head, &mut slots) else {
        return;
    };
    // No more than one length, and no header that names another.
    let count = |name: &str| head.headers.iter().filter(|h| h.name.eq_ignore_ascii_case(name)).count();
    assert!(count("content-length") + count("transfer-encoding") <= 1);
    assert!(count("host") <= 1);
    match head.framing {
        Framing::Chunked => {
            assert_eq!(count("transfer-encoding"), 1);
            chunked(body, cut);
        }
        Framing::Length(length) => assert!(count("content-length") == 1 && length > 0),
        Framing::None => assert_eq!(count("transfer-encoding"), 0),
    }
    for header in head.headers {
        assert!(!header.value.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0)));
        assert!(!header.name.bytes().any(|byte| byte <= b' ' || byte == b':'));
    }
    assert!(!head.target.bytes().any(|byte| byte <= b' ' || byte == 0x7f));
    target(head.target.as_bytes());
});

fn target(text: &[u8]) {
    match parse_target(text) {
        Target::Call { token, method, .. } => {
            assert!(!token.contains(&b'/'));
            assert!(method.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'));
        }
        Target::File { token, .. } => assert!(!token.contains(&b'/')),
        Target::Nothing(_) | Target::Odd => {}
    }
}

fn chunked(text: &[u8], cut: usize) {
    let read = |cut: usize| {
        let mut chunks = Chunked::default();
        let (mut body, mut taken) = (Vec::new(), 0);
        for mut piece in text.chunks(cut) {
            while !piece.is_empty() {
                let step = chunks.step(piece).ok()?;
                assert!(step.taken > 0 || step.done);
                body.extend_from_slice(&piece[step.taken - step.data..step.taken]);
                taken += step.taken;
                piece = &piece[step.taken..];
                if step.done {
                    return Some((body, taken, true));
                }
            }
        }
        Some((body, taken, false))
    };
    assert_eq!(read(text.len().max(1)), read(cut));
}
