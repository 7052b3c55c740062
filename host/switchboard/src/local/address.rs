//! Where the running host listens, written beside the database: `listen` may name port 0, or be overridden for the host alone.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};

/// The file that holds the running host's address. It goes when the host ends in good order.
#[derive(Debug)]
pub struct AddressFile(PathBuf);

impl AddressFile {
    /// Writes the address of the host that holds this database.
    pub fn write(store: &Path, address: SocketAddr) -> std::io::Result<Self> {
        let path = path_of(store);
        std::fs::write(&path, format!("{}\n", reachable(address)))?;
        Ok(Self(path))
    }

    /// The address of the host that holds this database, as it wrote it or else as configured. To be used only while somebody holds it.
    pub fn read(store: &Path, configured: SocketAddr) -> SocketAddr {
        let written = std::fs::read_to_string(path_of(store)).ok();
        written
            .and_then(|text| text.trim().parse().ok())
            .unwrap_or_else(|| reachable(configured))
    }
}

impl Drop for AddressFile {
    fn drop(&mut self) {
        // If it stays, it is not read: nobody holds the database.
        let _ = std::fs::remove_file(&self.0);
    }
}

fn path_of(store: &Path) -> PathBuf {
    let mut name = store.as_os_str().to_owned();
    name.push(".address");
    name.into()
}

/// "All addresses" is no place to call; the machine's own is.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(match address.ip() {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_written_address_goes_before_the_configured_one() {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("main.db");
        let configured: SocketAddr = "0.0.0.0:80".parse().unwrap();
        assert_eq!(AddressFile::read(&store, configured).to_string(), "127.0.0.1:80");
        let file = AddressFile::write(&store, "[::]:4711".parse().unwrap()).unwrap();
        assert_eq!(AddressFile::read(&store, configured).to_string(), "[::1]:4711");
        drop(file);
        assert_eq!(AddressFile::read(&store, configured).to_string(), "127.0.0.1:80");
    }
}
