//! Properties of the sliding window against a server whose clock nobody knows.

use proptest::prelude::*;

use super::*;

/// One caller's wish: wait so long, then a call of this weight that takes so long and arrives after that part of it.
#[derive(Clone, Debug)]
struct Wish {
    wait: Millis,
    weight: u32,
    takes: Millis,
    arrives: f64,
    class: u8,
}

fn wishes() -> impl Strategy<Value = Vec<Wish>> {
    let wish =
        (0..400i64, 1..5u32, 0..300i64, 0.0..=1.0f64, 0..3u8).prop_map(|(wait, weight, takes, arrives, class)| Wish {
            wait,
            weight,
            takes,
            arrives,
            class,
        });
    prop::collection::vec(wish, 1..120)
}

fn class(of: u8) -> Class {
    [Class::Plain, Class::Title, Class::Broadcast][usize::from(of)]
}

proptest! {
    /// However late or early each call counts at the server, no window of its own holds more than the limit.
    #[test]
    fn never_more_in_any_window(calls in 4u32..30, per in 50i64..3000, wishes in wishes()) {
        let mut window = Window::new(Rate { calls, per });
        let mut now = 1_000_000;
        let mut flying: Vec<(Millis, u32, Class)> = Vec::new();
        let mut arrived: Vec<(Millis, u32)> = Vec::new();
        for wish in wishes {
            now += wish.wait;
            let class = class(wish.class);
            loop {
                flying.sort_by_key(|(end, ..)| *end);
                while let Some((end, weight, class)) = flying.first().copied().filter(|(end, ..)| *end <= now) {
                    window.done(end, weight, weight, class);
                    flying.remove(0);
                }
                match window.fit(now, wish.weight, class) {
                    Fit::Now => break,
                    Fit::At(at) => {
                        prop_assert!(at > now);
                        // what ends meanwhile may only push it back, so go there step by step
                        now = flying.first().map_or(at, |(end, ..)| at.min(*end));
                    }
                    Fit::Later => {
                        let end = flying.first().map(|(end, ..)| *end);
                        prop_assert!(end.is_some(), "waits for a call, but none is in flight");
                        now = end.unwrap_or(now);
                    }
                }
            }
            window.take(wish.weight, class);
            flying.push((now + wish.takes, wish.weight, class));
            arrived.push((now + (wish.takes as f64 * wish.arrives) as Millis, wish.weight));
        }
        arrived.sort_unstable();
        for (i, (from, _)) in arrived.iter().enumerate() {
            let sum: u32 = arrived[i..].iter().take_while(|(at, _)| *at < from + per).map(|(_, w)| *w).sum();
            prop_assert!(sum <= calls, "{sum} calls of {calls} from {from}");
        }
    }

    /// A whole window goes at once, and the next one no later than the margin allows.
    #[test]
    fn full_bursts(calls in 1u32..200, per in 100i64..100_000) {
        let mut window = Window::new(Rate { calls, per });
        let mut now = 5_000;
        for _ in 0..5 {
            for _ in 0..calls {
                prop_assert_eq!(window.fit(now, 1, Class::Plain), Fit::Now);
                window.take(1, Class::Plain);
            }
            prop_assert_eq!(window.fit(now, 1, Class::Plain), Fit::Later);
            for _ in 0..calls {
                window.done(now, 1, 1, Class::Plain);
            }
            let Fit::At(at) = window.fit(now, 1, Class::Plain) else { return Err(TestCaseError::fail("no time")) };
            prop_assert!(at > now + per && at <= now + per + (per / 100).max(1));
            now = at;
        }
    }

    /// After any 429 the window is smaller, in time it is whole again, and it is never stuck.
    #[test]
    fn floods_shrink_and_heal(calls in 1u32..100, per in 10i64..10_000, waits in prop::collection::vec(1..20_000i64, 1..8)) {
        let mut window = Window::new(Rate { calls, per });
        let mut now = 1_000;
        for wait in waits {
            window.take(1, Class::Plain);
            window.done(now, 1, 0, Class::Plain);
            window.flood(now, now, now + wait);
            prop_assert!(window.size(now) <= calls && window.size(now) >= 1);
            prop_assert!(calls == 1 || window.size(now) < calls);
            now += wait;
            let mut tries = 0;
            while let Fit::At(at) = window.fit(now, 1, Class::Plain) {
                prop_assert!(at > now && tries < 3);
                now = at;
                tries += 1;
            }
            prop_assert_eq!(window.fit(now, 1, Class::Plain), Fit::Now);
        }
        let healed = window.idle_at();
        prop_assert_eq!(window.free(healed, Class::Plain), calls);
    }
}

#[test]
fn heavier_than_the_window_goes_alone() {
    let mut window = Window::new(Rate { calls: 5, per: 1000 });
    window.take(1, Class::Plain);
    assert_eq!(window.fit(0, 10, Class::Plain), Fit::Later);
    window.done(0, 1, 1, Class::Plain);
    assert_eq!(window.fit(0, 10, Class::Plain), Fit::At(1010));
    assert_eq!(window.fit(1010, 10, Class::Plain), Fit::Now);
}

#[test]
fn titles_and_broadcasts_leave_room() {
    let mut window = Window::new(Rate { calls: 20, per: 1000 });
    for _ in 0..5 {
        assert_eq!(window.fit(0, 1, Class::Title), Fit::Now);
        window.take(1, Class::Title);
    }
    assert_eq!(window.fit(0, 1, Class::Title), Fit::Later, "a quarter of the window");
    for _ in 5..15 {
        assert_eq!(window.fit(0, 1, Class::Broadcast), Fit::Now);
        window.take(1, Class::Broadcast);
    }
    assert_eq!(
        window.fit(0, 1, Class::Broadcast),
        Fit::Later,
        "the last quarter is not theirs"
    );
    for _ in 15..20 {
        assert_eq!(window.fit(0, 1, Class::Plain), Fit::Now);
        window.take(1, Class::Plain);
    }
}

#[test]
fn a_429_takes_the_window_as_full() {
    let mut window = Window::new(Rate { calls: 20, per: 60_000 });
    window.flood(0, 0, 3_000);
    // three quarters of 20, leaving evenly between 3 s and 60.2 s
    assert_eq!(window.free(3_000, Class::Plain), 1);
    assert!((5..=9).contains(&window.free(31_000, Class::Plain)));
    assert_eq!(window.free(61_000, Class::Plain), 15);
    assert_eq!(
        window.free(3_000 + 120_000, Class::Plain),
        16,
        "one more each second window"
    );
    // what was in flight at the same time is no second event
    window.flood(10, 0, 3_000);
    assert_eq!(window.free(61_000, Class::Plain), 15);
}

#[test]
fn calls_made_elsewhere_count() {
    let mut window = Window::new(Rate { calls: 3, per: 1000 });
    window.spent(5_000, 4_500, 2);
    window.spent(5_000, 4_200, 1);
    window.spent(5_000, 1_000, 3);
    assert_eq!(window.fit(5_000, 1, Class::Plain), Fit::At(5_210));
    assert_eq!(window.fit(5_000, 2, Class::Plain), Fit::At(5_510));
}
