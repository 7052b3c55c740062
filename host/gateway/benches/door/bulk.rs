//! A file of 1 GiB in both directions: time, CPU, and the memory that it takes.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use sha2::{Digest as _, Sha256};

use crate::load::{TOKEN, spent};

pub const SIZE: u64 = 1 << 30;
const PIECE: usize = 256 << 10;

/// What the passage of a file came to.
#[derive(Debug)]
pub struct Passage {
    pub seconds: f64,
    /// Of what stands in the middle.
    pub cpu_seconds: f64,
    /// Bytes that this process held at most beyond what it held before.
    pub held: u64,
}

/// The file's pieces differ by their number: one that is lost, moved or repeated changes the hash.
struct Pieces {
    piece: Vec<u8>,
    next: u64,
}

impl Pieces {
    fn new() -> Self {
        Self {
            piece: (0..PIECE).map(|n| (n % 251) as u8).collect(),
            next: 0,
        }
    }

    fn next(&mut self) -> Option<&[u8]> {
        if self.next >= SIZE / PIECE as u64 {
            return None;
        }
        self.piece[..8].copy_from_slice(&self.next.to_be_bytes());
        self.next += 1;
        Some(&self.piece)
    }
}

/// The SHA-256 of the file as it is sent.
pub fn hash() -> &'static str {
    static HASH: OnceLock<String> = OnceLock::new();
    HASH.get_or_init(|| {
        let (mut pieces, mut hash) = (Pieces::new(), Sha256::new());
        while let Some(piece) = pieces.next() {
            hash.update(piece);
        }
        hex(hash)
    })
}

fn hex(hash: Sha256) -> String {
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn send(stream: &mut TcpStream) {
    let mut pieces = Pieces::new();
    while let Some(piece) = pieces.next() {
        stream.write_all(piece).expect("room for the file");
    }
}

/// Reads a file of which some has been read, and holds its hash against that of what was sent.
fn receive(stream: &mut TcpStream, ahead: &[u8]) {
    let mut hash = Sha256::new();
    hash.update(ahead);
    let mut left = SIZE - ahead.len() as u64;
    let mut got = vec![0; PIECE];
    while left > 0 {
        let room = got.len().min(usize::try_from(left).unwrap_or(PIECE));
        let count = stream.read(&mut got[..room]).expect("the file");
        assert!(count > 0, "the file broke off");
        hash.update(&got[..count]);
        left -= count as u64;
    }
    assert_eq!(hex(hash), self::hash(), "the file has changed on its way");
}

/// Reads a head; what has come after it.
fn head(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut bytes = vec![0; 8 << 10];
    let mut filled = 0;
    loop {
        match stream.read(&mut bytes[filled..]) {
            Ok(count) if count > 0 => filled += count,
            _ => return None,
        }
        if let Some(at) = memchr::memmem::find(&bytes[..filled], b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..at]).into_owned();
            return Some((head, bytes[at + 4..filled].to_vec()));
        }
    }
}

/// A server that takes and gives the file.
pub fn start() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("an address");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || serve(stream));
        }
    });
    address
}

fn serve(mut stream: TcpStream) {
    while let Some((head, ahead)) = head(&mut stream) {
        if head.starts_with("GET") {
            let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {SIZE}\r\n\r\n");
            stream.write_all(answer.as_bytes()).expect("room for a head");
            send(&mut stream);
        } else {
            receive(&mut stream, &ahead);
            let answer = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{\"ok\":true}";
            stream.write_all(answer.as_bytes()).expect("room for an answer");
        }
    }
}

fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
    kilobytes.unwrap_or(0) << 10
}

/// Sends the file through `address`, or fetches it.
pub fn pass(address: SocketAddr, up: bool, cpu: &[String]) -> Passage {
    let mut stream = TcpStream::connect(address).expect("a connection");
    let (before, cpu_before, started) = (resident(), spent(cpu), Instant::now());
    let (done, most) = (AtomicBool::new(false), AtomicU64::new(before));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                most.fetch_max(resident(), Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(5));
            }
        });
        let request = if up {
            format!(
                "POST /bot{TOKEN}/sendDocument HTTP/1.1\r\nHost: door\r\nContent-Type: multipart/form-data; boundary=b\r\n\
                 Content-Length: {SIZE}\r\n\r\n"
            )
        } else {
            format!("GET /file/bot{TOKEN}/documents/file_1 HTTP/1.1\r\nHost: door\r\n\r\n")
        };
        stream.write_all(request.as_bytes()).expect("room for a request");
        if up {
            send(&mut stream);
        }
        let (answer, ahead) = head(&mut stream).expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        if !up {
            receive(&mut stream, &ahead);
        }
        done.store(true, Ordering::Relaxed);
    });
    Passage {
        seconds: started.elapsed().as_secs_f64(),
        cpu_seconds: (spent(cpu) - cpu_before) as f64 / 1e9,
        held: most.into_inner() - before,
    }
}
