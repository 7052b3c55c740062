//! Who may use the local API: whoever can read the key file. A request carries a MAC over what it asks, good for a minute.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest as _, Sha256};

/// The header that carries the time and the MAC.
pub const HEADER: &str = "switchboard-local";
/// Seconds that the two clocks may be apart.
const SKEW: u64 = 60;

/// What a request asks.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    pub method: &'a str,
    pub path: &'a str,
    pub body: &'a [u8],
}

impl Asked<'_> {
    /// The header's value. `now` is in seconds since 1970.
    pub fn sign(self, key: &[u8; 32], now: u64) -> String {
        let mac = self.mac(key, now).finalize().into_bytes();
        let hex: String = mac.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{now}:{hex}")
    }

    /// Whether the header's value was made with the same key, for the same request, just now.
    pub fn verify(self, key: &[u8; 32], now: u64, header: &str) -> bool {
        let Some((time, hex)) = header.split_once(':') else {
            return false;
        };
        let Ok(time) = time.parse::<u64>() else {
            return false;
        };
        // The comparison takes the same time wherever the two differ.
        time.abs_diff(now) <= SKEW && unhex(hex).is_some_and(|mac| self.mac(key, time).verify_slice(&mac).is_ok())
    }

    fn mac(self, key: &[u8; 32], time: u64) -> Hmac<Sha256> {
        // A key shorter than a block is filled up with zeros: so says the definition of HMAC.
        let mut block = [0; 64];
        block[..32].copy_from_slice(key);
        let mut mac = Hmac::<Sha256>::new(&block.into());
        let body = Sha256::digest(self.body);
        for part in [self.method.as_bytes(), self.path.as_bytes(), &time.to_be_bytes(), &body] {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac
    }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text
        .chars()
        .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect();
    let digits = digits.filter(|digits| digits.len() % 2 == 0)?;
    Some(digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: [u8; 32] = [7; 32];
    const ASKED: Asked<'_> = Asked {
        method: "POST",
        path: "/a",
        body: b"{}",
    };

    #[test]
    fn a_request_is_taken_with_its_own_mac_only() {
        let header = ASKED.sign(&KEY, 1_000);
        assert!(ASKED.verify(&KEY, 1_000, &header) && ASKED.verify(&KEY, 1_060, &header));
        assert!(!ASKED.verify(&KEY, 1_061, &header) && !ASKED.verify(&KEY, 900, &header));
        assert!(!ASKED.verify(&[8; 32], 1_000, &header));
        for other in [
            Asked { method: "GET", ..ASKED },
            Asked { path: "/b", ..ASKED },
            Asked { body: b"{ }", ..ASKED },
        ] {
            assert!(!other.verify(&KEY, 1_000, &header));
        }
        let moved = header.replacen("1000", "1001", 1);
        assert!(!ASKED.verify(&KEY, 1_000, &moved));
        for broken in ["", "1000", "1000:", "1000:zz", ":00", "1000:0", &header[..20]] {
            assert!(!ASKED.verify(&KEY, 1_000, broken), "{broken}");
        }
    }
}
