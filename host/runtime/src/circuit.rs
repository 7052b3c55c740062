//! Whose fault a failing hook is, message or plugin, and when a plugin is left alone for a while. Pure: no clock, no I/O.

use serde::{Deserialize, Serialize};

use crate::pipeline::OnFailure;

/// Different messages that must fail in a row before the plugin is left alone.
pub const FAILURES_TO_OPEN: u32 = 3;
/// Messages before the first probe of an open circuit; each failed probe doubles the pause.
pub const FIRST_PAUSE: u32 = 8;
/// Longest pause between probes, in messages.
pub const LONGEST_PAUSE: u32 = 512;

/// What to do with the next message of a plugin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Gate {
    /// Call the plugin.
    Call,
    /// Run the plugin's probe message first and tell [`Circuit::probed`]; its answer says how to go on.
    Probe,
    /// Do not call it: the message gets what the failure policy says.
    Skip,
}

/// What becomes of a message whose hook failed twice, on fresh instances.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fate {
    /// It goes on untouched, marked.
    PassMarked,
    /// It waits in order, unseen, until it is released or the plugin works again.
    Hold,
    /// It alone is set aside; the plugin works and later messages go on.
    Quarantine,
}

/// What a second failure led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Blame {
    pub fate: Fate,
    /// This failure opened the circuit: operators and admins should be told once.
    pub opened: bool,
}

/// The circuit of one plugin on one connection. It counts messages, never time, so that a replay decides the same.
///
/// Closed, it lets every message through. [`FAILURES_TO_OPEN`] different messages that fail in a row open it; then every
/// message is skipped, and after a pause counted in messages a probe is asked for. A probe that passes closes it, one that
/// fails doubles the pause. The pause starts over only once a real message has passed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Circuit {
    failed: u32,
    /// The last message that failed, so that a re-run of it does not count twice.
    last_failed: Option<u64>,
    pause: u32,
    /// Messages to skip before the next probe; `None` while the circuit is closed.
    skips_left: Option<u32>,
}

impl Default for Circuit {
    fn default() -> Self {
        Self {
            failed: 0,
            last_failed: None,
            pause: FIRST_PAUSE,
            skips_left: None,
        }
    }
}

impl Circuit {
    /// What to do with the next message.
    pub fn gate(&mut self) -> Gate {
        match &mut self.skips_left {
            None => Gate::Call,
            Some(0) => Gate::Probe,
            Some(left) => {
                *left -= 1;
                Gate::Skip
            }
        }
    }

    /// Tells how the probe of an open circuit went; the message that asked for it goes on as answered.
    pub fn probed(&mut self, passed: bool) -> Gate {
        if self.skips_left.is_none() {
            return Gate::Call;
        }
        if passed {
            self.skips_left = None;
            // One more failing message opens it again, with a longer pause: a probe proves little.
            self.failed = FAILURES_TO_OPEN - 1;
            self.lengthen();
            Gate::Call
        } else {
            self.lengthen();
            self.skips_left = Some(self.pause.saturating_sub(1));
            Gate::Skip
        }
    }

    /// A message was handled, at the first or second attempt.
    pub fn passed(&mut self) {
        *self = Self::default();
    }

    /// A message failed twice. `message` tells messages apart; `probe_passed` is how the plugin's probe went just now
    /// (`None` where it has none).
    pub fn failed(&mut self, message: u64, probe_passed: Option<bool>, policy: OnFailure) -> Blame {
        if self.last_failed != Some(message) {
            self.last_failed = Some(message);
            self.failed += 1;
        }
        let opened = self.failed >= FAILURES_TO_OPEN && self.skips_left.is_none();
        if opened {
            self.skips_left = Some(self.pause);
        }
        let fate = match (policy, probe_passed) {
            (OnFailure::Pass, _) => Fate::PassMarked,
            // Once it is open the plugin is to blame, and its messages wait in order.
            (OnFailure::Hold, Some(true)) if self.skips_left.is_none() => Fate::Quarantine,
            (OnFailure::Hold, _) => Fate::Hold,
        };
        Blame { fate, opened }
    }

    /// Whether the plugin is left alone.
    pub fn is_open(&self) -> bool {
        self.skips_left.is_some()
    }

    /// An admin asks for a probe at the next message.
    pub fn probe_now(&mut self) {
        if let Some(left) = &mut self.skips_left {
            *left = 0;
        }
    }

    fn lengthen(&mut self) {
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
    }
}

/// What becomes of a message that an open circuit skips.
pub fn fate_when_skipped(policy: OnFailure) -> Fate {
    match policy {
        OnFailure::Pass => Fate::PassMarked,
        OnFailure::Hold => Fate::Hold,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened() -> Circuit {
        let mut circuit = Circuit::default();
        for message in 0..3 {
            circuit.failed(message, Some(false), OnFailure::Hold);
        }
        circuit
    }

    #[test]
    fn three_different_messages_open_it() {
        let mut circuit = Circuit::default();
        assert!(!circuit.failed(1, Some(true), OnFailure::Hold).opened);
        assert!(
            !circuit.failed(1, Some(true), OnFailure::Hold).opened,
            "a re-run does not count"
        );
        assert!(!circuit.failed(2, Some(true), OnFailure::Hold).opened);
        assert_eq!(circuit.gate(), Gate::Call);
        assert!(circuit.failed(3, Some(true), OnFailure::Hold).opened);
        assert_eq!(circuit.gate(), Gate::Skip);
    }

    #[test]
    fn a_message_that_passes_starts_over() {
        let mut circuit = Circuit::default();
        circuit.failed(1, None, OnFailure::Pass);
        circuit.failed(2, None, OnFailure::Pass);
        circuit.passed();
        assert!(!circuit.failed(3, None, OnFailure::Pass).opened);
    }

    #[test]
    fn a_message_is_blamed_where_the_probe_passes() {
        let fate = |policy, probe| Circuit::default().failed(1, probe, policy).fate;
        assert_eq!(fate(OnFailure::Hold, Some(true)), Fate::Quarantine);
        assert_eq!(fate(OnFailure::Hold, Some(false)), Fate::Hold);
        assert_eq!(fate(OnFailure::Hold, None), Fate::Hold);
        assert_eq!(fate(OnFailure::Pass, Some(true)), Fate::PassMarked);
    }

    fn skips_until_probe(circuit: &mut Circuit) -> u32 {
        (0..).find(|_| circuit.gate() == Gate::Probe).unwrap_or(u32::MAX)
    }

    #[test]
    fn pauses_between_probes_grow_up_to_a_bound() {
        let mut circuit = opened();
        assert_eq!(skips_until_probe(&mut circuit), FIRST_PAUSE);
        let mut last = FIRST_PAUSE;
        for _ in 0..10 {
            assert_eq!(circuit.probed(false), Gate::Skip);
            let skips = skips_until_probe(&mut circuit) + 1;
            assert_eq!(skips, (last * 2).min(LONGEST_PAUSE));
            last = skips;
        }
        assert_eq!(last, LONGEST_PAUSE);
    }

    #[test]
    fn a_probe_that_passes_closes_it_on_trial() {
        let mut circuit = opened();
        circuit.probe_now();
        assert_eq!(circuit.gate(), Gate::Probe);
        assert_eq!(circuit.probed(true), Gate::Call);
        assert!(!circuit.is_open());
        assert!(
            circuit.failed(9, Some(true), OnFailure::Hold).opened,
            "on trial one failure is enough"
        );
        assert_eq!(
            skips_until_probe(&mut circuit),
            FIRST_PAUSE * 2,
            "and the pause is longer"
        );
        circuit.probed(true);
        circuit.passed();
        assert_eq!(circuit, Circuit::default());
    }

    #[test]
    fn what_is_skipped_follows_the_policy() {
        assert_eq!(fate_when_skipped(OnFailure::Pass), Fate::PassMarked);
        assert_eq!(fate_when_skipped(OnFailure::Hold), Fate::Hold);
    }
}
