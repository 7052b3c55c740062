//! Chunked bodies.

use proptest::prelude::*;

use crate::request::{BadChunk, Chunked};

/// Reads a body given in pieces; what it holds, and how many bytes it took.
fn read<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Result<(Vec<u8>, usize, bool), BadChunk> {
    let mut chunks = Chunked::default();
    let (mut body, mut taken, mut done) = (Vec::new(), 0, false);
    for mut piece in pieces {
        while !piece.is_empty() && !done {
            let step = chunks.step(piece)?;
            body.extend_from_slice(&piece[step.taken - step.data..step.taken]);
            taken += step.taken;
            done = step.done;
            piece = &piece[step.taken..];
        }
    }
    Ok((body, taken, done))
}

#[test]
fn extensions_and_trailers_are_read_over() {
    let text = b"5;a=b\r\nhello\r\n00A \r\n0123456789\r\n0;x\r\nT: v\r\nU:\r\n\r\nGET /next";
    let (body, taken, done) = read([&text[..]]).unwrap();
    assert_eq!(body, b"hello0123456789");
    assert!(done);
    assert_eq!(&text[taken..], b"GET /next");
}

#[test]
fn sizes_and_lines_are_limited() {
    for bad in [
        &b"\r\n"[..],
        b"g\r\n",
        b"-1\r\n",
        b"0x5\r\n",
        b" 5\r\n",
        b"1\n",
        b"1\r\nab",
        b"1\r\na\n",
        b"0\r\n\n",
        b"0\r\nT: \x01\r\n",
        b"1;\rx",
        b"fffffffffffffffff\r\n",
    ] {
        assert!(read([bad]).is_err(), "{bad:?}");
    }
    let long = [b"1;".to_vec(), vec![b'x'; 5000]].concat();
    assert!(read([&long[..]]).is_err());
    let zeros = vec![b'0'; 5000];
    assert!(read([&zeros[..]]).is_err());
    let trailers = [b"0\r\n".to_vec(), b"a: b\r\n".repeat(5000)].concat();
    assert!(read([&trailers[..]]).is_err());
}

proptest! {
    #[test]
    fn it_does_not_matter_how_a_body_is_cut(
        chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..300), 0..6),
        cuts in prop::collection::vec(1_usize..40, 1..200),
        noise in prop::collection::vec(any::<u8>(), 0..20),
        spoil in prop::option::of((any::<prop::sample::Index>(), any::<u8>())),
    ) {
        let mut text = Vec::new();
        for chunk in &chunks {
            text.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
            text.extend_from_slice(chunk);
            text.extend_from_slice(b"\r\n");
        }
        text.extend_from_slice(b"0\r\n\r\n");
        let length = text.len();
        if let Some((at, byte)) = &spoil {
            let at = at.index(text.len());
            text[at] = *byte;
        }
        text.extend_from_slice(&noise);
        let mut pieces = Vec::new();
        let (mut rest, mut cut) = (&text[..], cuts.iter().cycle());
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(rest.len().min(*cut.next().unwrap()));
            pieces.push(piece);
            rest = after;
        }
        let whole = read([&text[..]]);
        prop_assert_eq!(&read(pieces), &whole);
        if spoil.is_none() {
            prop_assert_eq!(whole, Ok((chunks.concat(), length, true)));
        }
    }
}
