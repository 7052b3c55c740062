//! Clients that call one after the other over connections that stay open.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

pub const TOKEN: &str = "123456:AAbenchbenchbenchbenchbenchbenchbench";

pub struct Load {
    pub address: SocketAddr,
    pub clients: usize,
    pub round: Duration,
}

/// What one round came to; times in microseconds.
#[derive(Debug)]
pub struct Round {
    /// Calls per second.
    pub rate: f64,
    pub p50: f64,
    pub p99: f64,
    /// Per call.
    pub cpu: f64,
}

impl Round {
    /// `cpu`: where the system tells the CPU time of what is measured.
    pub fn run(load: &Load, cpu: &[String]) -> Self {
        // Connections are made and buffers found before anything is counted.
        drive(load.address, load.clients, Duration::from_millis(50));
        let before = spent(cpu);
        let started = Instant::now();
        let mut times = drive(load.address, load.clients, load.round);
        let took = started.elapsed();
        let after = spent(cpu);
        times.sort_unstable();
        let at = |share: f64| times[(times.len() as f64 * share) as usize] as f64 / 1e3;
        Self {
            rate: times.len() as f64 / took.as_secs_f64(),
            p50: at(0.5),
            p99: at(0.99),
            cpu: (after - before) as f64 / 1e3 / times.len() as f64,
        }
    }
}

/// The value in the middle.
pub fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_unstable_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Nanoseconds of CPU.
pub fn spent(cpu: &[String]) -> u64 {
    cpu.iter()
        .filter_map(|path| {
            std::fs::read_to_string(path)
                .ok()?
                .split_whitespace()
                .next()?
                .parse::<u64>()
                .ok()
        })
        .sum()
}

/// Where the system tells the CPU time of this process's threads of a name, oldest first.
pub fn threads_named(name: &str) -> Vec<String> {
    let mut ids: Vec<u32> = std::fs::read_dir("/proc/self/task")
        .expect("threads")
        .filter_map(|task| task.ok()?.file_name().to_str()?.parse().ok())
        .filter(|id| {
            std::fs::read_to_string(format!("/proc/self/task/{id}/comm")).is_ok_and(|comm| comm.trim() == name)
        })
        .collect();
    ids.sort_unstable();
    ids.iter().map(|id| format!("/proc/self/task/{id}/schedstat")).collect()
}

/// Nanoseconds of each call.
fn drive(address: SocketAddr, clients: usize, round: Duration) -> Vec<u64> {
    let body = "chat_id=4711&text=An+answer+of+ordinary+length.+An+answer+of+ordinary+length.&parse_mode=HTML";
    let request = format!(
        "POST /bot{TOKEN}/sendMessage HTTP/1.1\r\nHost: {address}\r\nAccept: */*\r\nAccept-Encoding: gzip, deflate\r\n\
         User-Agent: bench/1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let threads: Vec<_> = (0..clients)
        .map(|_| {
            let request = request.clone();
            std::thread::Builder::new()
                .stack_size(128 << 10)
                .spawn(move || client(address, request.as_bytes(), round))
                .expect("a thread")
        })
        .collect();
    threads
        .into_iter()
        .flat_map(|thread| thread.join().expect("a client"))
        .collect()
}

fn client(address: SocketAddr, request: &[u8], round: Duration) -> Vec<u64> {
    let mut stream = TcpStream::connect(address).expect("a connection");
    stream.set_nodelay(true).expect("no delay");
    let mut buffer = vec![0; 16 << 10];
    let mut times = Vec::new();
    let started = Instant::now();
    while started.elapsed() < round {
        let called = Instant::now();
        stream.write_all(request).expect("a request");
        let mut filled = 0;
        while !whole(&buffer[..filled]) {
            let count = stream.read(&mut buffer[filled..]).expect("an answer");
            assert!(
                count > 0,
                "the connection was closed: {}",
                String::from_utf8_lossy(&buffer[..filled])
            );
            filled += count;
        }
        assert!(
            buffer.starts_with(b"HTTP/1.1 200"),
            "{}",
            String::from_utf8_lossy(&buffer[..filled])
        );
        times.push(called.elapsed().as_nanos() as u64);
    }
    times
}

/// Whether a whole answer is there.
fn whole(bytes: &[u8]) -> bool {
    let Some(head) = memchr::memmem::find(bytes, b"\r\n\r\n") else {
        return false;
    };
    let name = b"Content-Length: ";
    let Some(at) = memchr::memmem::find(&bytes[..head], name) else {
        return false;
    };
    let digits = bytes[at + name.len()..].iter().take_while(|byte| byte.is_ascii_digit());
    let body = digits.fold(0, |sum, digit| sum * 10 + usize::from(digit - b'0'));
    bytes.len() >= head + 4 + body
}
