//! How long to wait after a failure; the jitter is a function of ids, so that runs replay.

use crate::Millis;

const FIRST: Millis = 200;
const LONGEST: Millis = 30_000;

/// A safety margin on a time that the server sets: 1 %, from 1 to 200 ms.
pub(crate) fn margin(span: Millis) -> Millis {
    (span / 100).clamp(1, 200)
}

/// The pause after the `failures`th failure in a row: 0.2 s doubling to 30 s, less up to a fifth by `seed`.
pub(crate) fn pause(failures: u32, seed: i64) -> Millis {
    let full = (FIRST << failures.saturating_sub(1).min(16)).min(LONGEST);
    full - (mix(seed, failures) % (full / 5 + 1) as u64) as Millis
}

/// The finisher of splitmix64.
fn mix(seed: i64, failures: u32) -> u64 {
    let mut z = (seed as u64).wrapping_add(u64::from(failures).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_to_the_longest() {
        for seed in [0, 1, 77, i64::MAX, -5] {
            for n in 0..100 {
                let full = (FIRST << (n.clamp(1u32, 17) - 1)).min(LONGEST);
                let got = pause(n, seed);
                assert!(
                    got <= full && got >= full * 4 / 5,
                    "failure {n}, seed {seed}: {got} of {full}"
                );
                assert_eq!(got, pause(n, seed));
            }
        }
        assert!((1..50).any(|seed| pause(3, seed) != pause(3, 0)), "seeds spread");
    }
}
