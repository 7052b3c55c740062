//! Whether the front door can be reached, and from where.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use super::report::Report;

/// A door that is there answers at once.
const PATIENCE: Duration = Duration::from_secs(5);
const WHAT: &str = "front door";

/// Knocks at the door of a running host. `address` is where it listens.
pub async fn knock(address: SocketAddr, report: &mut Report) {
    match nonsense(address).await {
        Ok(()) => report.ok(
            WHAT,
            format!("answers at http://{address}: the Bot API base URL for the bot's program"),
        ),
        Err(error) => report.wrong(WHAT, format!("does not answer at http://{address}: {error:#}")),
    }
    if address.ip().is_unspecified() {
        report.warning(
            WHAT,
            "it listens on every address of this machine; bind it to loopback or to a private network (a firewall will do, too): calls in it are not encrypted, and tokens stand in them",
        );
    }
}

/// A path that no Bot API server has.
async fn nonsense(address: SocketAddr) -> anyhow::Result<()> {
    let near = match address {
        SocketAddr::V4(v4) if v4.ip().is_unspecified() => (Ipv4Addr::LOCALHOST, v4.port()).into(),
        SocketAddr::V6(v6) if v6.ip().is_unspecified() => (Ipv6Addr::LOCALHOST, v6.port()).into(),
        other => other,
    };
    let http = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build()?;
    let answer = http.get(format!("http://{near}/is-there-a-door")).send().await?;
    let status = answer.status().as_u16();
    let body: serde_json::Value = serde_json::from_slice(&answer.bytes().await?).unwrap_or_default();
    if status != 404 || body["error_code"] != 404 {
        anyhow::bail!("something else than a front door answers there, with HTTP {status}");
    }
    Ok(())
}
