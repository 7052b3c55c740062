//! Asks the host's `/health`.

use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const WAIT: Duration = Duration::from_secs(2);
/// More than any answer of `/health` has.
const MOST: u64 = 64 * 1024;

/// Status code and body, or `None` where nothing answers.
pub async fn ask(address: &str) -> Option<(u16, Value)> {
    tokio::time::timeout(WAIT, read(address))
        .await
        .ok()?
        .ok()
        .and_then(|answer| parse(&answer))
}

async fn read(address: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET /health HTTP/1.0\r\nHost: {address}\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.take(MOST).read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

fn parse(answer: &str) -> Option<(u16, Value)> {
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let code = head.split(' ').nth(1)?.parse().ok()?;
    Some((code, serde_json::from_str(body).unwrap_or(Value::Null)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_taken_apart() {
        let answer =
            "HTTP/1.0 503 Service Unavailable\r\ncontent-type: application/json\r\n\r\n{\"status\":\"unavailable\"}";
        assert_eq!(parse(answer), Some((503, serde_json::json!({"status": "unavailable"}))));
        assert_eq!(parse("nonsense"), None);
    }
}
