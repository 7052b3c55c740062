//! Whole numbers in parameters, as Telegram's server reads them.

use crate::Params;

/// A parameter that is a number: `default` where it is absent or empty, 0 where it does not begin with digits, and always
/// brought into the range.
pub(super) fn integer(params: &Params, name: &str, default: i64, least: i64, most: i64) -> i64 {
    let value = params
        .get(name)
        .filter(|text| !text.is_empty())
        .map_or(default, leading);
    value.clamp(least, most)
}

fn leading(text: &str) -> i64 {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let value = digits.bytes().take_while(u8::is_ascii_digit).fold(0i64, |sum, digit| {
        sum.saturating_mul(10).saturating_add(i64::from(digit - b'0'))
    });
    if negative { -value } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_telegram_reads_them() {
        let cases = [
            ("7", 7),
            ("-7", -7),
            ("12abc", 12),
            ("abc", 0),
            ("5.9", 5),
            ("", 40),
            ("99999999999999999999", 1000),
        ];
        for (text, expected) in cases {
            let mut params = Params::default();
            params.push("n", text);
            assert_eq!(integer(&params, "n", 40, -10, 1000), expected, "{text}");
        }
        assert_eq!(integer(&Params::default(), "n", 40, 1, 100), 40);
    }
}
