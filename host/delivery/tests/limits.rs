//! Limits as people write them: what is taken, what is turned away and how.

use proptest::prelude::*;
use switchboard_delivery::{Limit, LimitError, Rate};

fn rate(calls: u32, per: i64) -> Limit {
    Limit::Rate(Rate { calls, per })
}

#[test]
fn what_people_write() {
    for (text, limit) in [
        ("20/60s", rate(20, 60_000)),
        ("30/1s", rate(30, 1000)),
        ("1/1s", rate(1, 1000)),
        ("500/250ms", rate(500, 250)),
        (" 20 / 1 m ", rate(20, 60_000)),
        ("1/24h", rate(1, 86_400_000)),
        ("off", Limit::Off),
        (" OFF ", Limit::Off),
    ] {
        assert_eq!(text.parse(), Ok(limit), "{text}");
    }
}

#[test]
fn what_is_turned_away() {
    type Make = fn(String) -> LimitError;
    let cases: [(&str, Make); 16] = [
        ("", LimitError::Shape),
        ("20", LimitError::Shape),
        ("on", LimitError::Shape),
        ("/1s", LimitError::Calls),
        ("0/1s", LimitError::Calls),
        ("-1/1s", LimitError::Calls),
        ("+1/1s", LimitError::Calls),
        ("1.5/1s", LimitError::Calls),
        ("4294967296/1s", LimitError::Calls),
        ("20/60", LimitError::Unit),
        ("20/60sec", LimitError::Unit),
        ("20/1.5s", LimitError::Unit),
        ("20/s", LimitError::Window),
        ("20/0s", LimitError::Window),
        ("20/25h", LimitError::Window),
        ("20/99999999999999999999s", LimitError::Window),
    ];
    for (text, error) in cases {
        assert_eq!(text.parse::<Limit>(), Err(error(text.to_owned())), "{text}");
    }
}

#[test]
fn errors_say_what_to_write() {
    let error = "20 per minute".parse::<Limit>().unwrap_err().to_string();
    assert_eq!(
        error,
        "\"20 per minute\" is no limit: write calls/window as in \"20/60s\", or \"off\""
    );
}

proptest! {
    #[test]
    fn print_then_parse(calls in 1u32.., per in 1i64..=86_400_000) {
        let limit = rate(calls, per);
        prop_assert_eq!(limit.to_string().parse(), Ok(limit));
    }

    #[test]
    fn parse_then_print(calls in 1u32.., count in 1u32..=86_400, unit in prop::sample::select(vec!["ms", "s"])) {
        let limit: Limit = format!("{calls}/{count}{unit}").parse().unwrap();
        prop_assert_eq!(limit.to_string().parse(), Ok(limit));
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,20}") {
        let _ = text.parse::<Limit>();
    }
}
