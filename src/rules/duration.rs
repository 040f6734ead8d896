//! Lengths of time as people write them: "15m", "90s", "1h30m".

const UNITS: [(char, i64); 3] = [('h', 3_600_000), ('m', 60_000), ('s', 1_000)];

/// The length in milliseconds. Units stand from large to small, each at most once.
pub fn parse(text: &str) -> Result<i64, String> {
    read(text).ok_or_else(|| format!("{text:?} is not a duration: write one such as \"15m\", \"90s\" or \"1h30m\""))
}

fn read(text: &str) -> Option<i64> {
    let mut rest = text.trim();
    let mut units = UNITS.iter();
    let mut sum = 0_i64;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let (digits, tail) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit())?);
        let unit = tail.chars().next()?;
        // Searching on from the last unit refuses "30m1h" and "1m1m".
        let (_, length) = units.by_ref().find(|(name, _)| *name == unit)?;
        sum = sum.checked_add(digits.parse::<i64>().ok()?.checked_mul(*length)?)?;
        rest = tail[unit.len_utf8()..].trim_start();
    }
    Some(sum)
}

/// The shortest text that `parse` reads back; what is below a second is left out.
pub fn text(ms: i64) -> String {
    let mut rest = ms.max(0);
    let mut out = String::new();
    for (unit, length) in UNITS {
        let count = rest / length;
        rest %= length;
        if count > 0 {
            out.push_str(&format!("{count}{unit}"));
        }
    }
    if out.is_empty() { "0s".to_owned() } else { out }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_written() {
        for (written, ms) in [
            ("15m", 900_000),
            ("90s", 90_000),
            ("1h30m", 5_400_000),
            (" 1h 30m ", 5_400_000),
            ("1h1m1s", 3_661_000),
            ("0s", 0),
        ] {
            assert_eq!(parse(written), Ok(ms), "{written}");
        }
    }

    #[test]
    fn anything_else_is_refused_with_an_example() {
        for written in ["", " ", "15", "m", "15 m x", "1.5h", "30m1h", "1m1m", "-5m", "15M", "1d", "99999999999999999h"]
        {
            let reason = parse(written).expect_err(written);
            assert!(reason.contains("1h30m"), "{reason}");
        }
    }

    #[test]
    fn text_is_the_shortest_form() {
        for (ms, written) in [(900_000, "15m"), (5_400_000, "1h30m"), (28_800_000, "8h"), (1_000, "1s"), (0, "0s")] {
            assert_eq!(text(ms), written);
            assert_eq!(parse(written), Ok(ms));
        }
    }
}
