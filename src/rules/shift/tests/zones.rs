//! Every zone and each of its transitions, against a reckoning of its own: the pieces between transitions, in each of which
//! the offset stands still. Nothing here asks how a gap or a fold is resolved.

use std::collections::BTreeMap;

use super::*;

/// A stretch of time with one offset: when it begins and by how much its civil time is ahead of UTC, both in seconds.
type Piece = (i64, i64);

/// The pieces of a zone from 2015 to 2035, with one of each side.
fn pieces(zone: &TimeZone) -> Vec<Piece> {
    let (first, last) = (at("2014-12-01T00:00:00Z"), at("2036-01-31T00:00:00Z"));
    let begin = Timestamp::from_millisecond(first).unwrap();
    let offset = |at: Timestamp| i64::from(zone.to_offset(at).seconds());
    let changes = zone.following(begin).map(|change| change.timestamp()).take_while(|at| at.as_millisecond() < last);
    let mut pieces = vec![(i64::MIN / 2, offset(begin))];
    for change in changes {
        if pieces.last().is_none_or(|piece| piece.1 != offset(change)) {
            pieces.push((change.as_second(), offset(change)));
        }
    }
    pieces
}

/// The first second at which clocks that follow these pieces show a civil time, itself in seconds as if it were UTC. In a gap,
/// the civil time read with the offset before it. None on a date that the gap swallowed whole.
fn reckoned(pieces: &[Piece], civil: i64) -> Option<i64> {
    let ends = pieces.iter().skip(1).map(|piece| piece.0).chain([i64::MAX]);
    let shown = pieces.iter().zip(ends).find(|((begin, offset), end)| {
        let at = civil - offset;
        *begin <= at && at < *end
    });
    if let Some(((_, offset), _)) = shown {
        return Some(civil - offset);
    }
    let gap = pieces.windows(2).find(|pair| civil - pair[0].1 >= pair[1].0 && civil - pair[1].1 < pair[1].0)?;
    (gap[1].1 - gap[0].1 < 86_400).then(|| civil - gap[0].1)
}

/// Checks one start time around one transition; tells how many starts there were.
fn check(pattern: &Pattern, zone: &TimeZone, pieces: &[Piece], around: i64, name: &str) -> usize {
    let offset = pieces.iter().rfind(|piece| piece.0 <= around).map_or(0, |piece| piece.1);
    let midnight = (around + offset).div_euclid(86_400) * 86_400;
    let time = i64::from(pattern.time.hour()) * 3_600 + i64::from(pattern.time.minute()) * 60;
    let mut expected: Vec<(i64, i64)> = (-2..=2)
        .filter_map(|day| Some((midnight + day * 86_400, reckoned(pieces, midnight + day * 86_400 + time)? * 1_000)))
        .collect();
    expected.sort_unstable_by_key(|(_, start)| *start);
    let (from, to) = (expected[0].1 - 1, expected[expected.len() - 1].1);
    let found: Vec<(i64, i64)> = owed(pattern, zone, from, to)
        .into_iter()
        .map(|owed| (owed.date.to_zoned(TimeZone::UTC).unwrap().timestamp().as_second(), owed.start))
        .collect();
    assert_eq!(found, expected, "{name} {pattern} around {around}");
    found.len()
}

/// All names, and 96 starts around each transition: zones with the same transitions are one.
#[test]
fn row_32_every_zone_owes_one_start_on_each_date_that_existed() {
    let patterns: Vec<Pattern> =
        (0..96).map(|quarter| pattern(&format!("{} {} * * *", quarter % 4 * 15, quarter / 4))).collect();
    let mut zones: BTreeMap<Vec<Piece>, String> = BTreeMap::new();
    let mut names = 0;
    for name in jiff::tz::db().available() {
        names += 1;
        zones.entry(pieces(&zone(name.as_str()).unwrap())).or_insert_with(|| name.as_str().to_owned());
    }
    let (mut transitions, mut starts) = (0, 0);
    for (pieces, name) in &zones {
        let zone = zone(name).unwrap();
        for (begin, _) in pieces.iter().skip(1).filter(|piece| (1_420_070_400..2_082_758_400).contains(&piece.0)) {
            transitions += 1;
            for pattern in &patterns {
                starts += check(pattern, &zone, pieces, *begin, name);
            }
        }
    }
    println!("{names} names, {} different zones, {transitions} transitions, {starts} starts", zones.len());
    assert!(names > 400 && zones.len() > 100, "only {names} names and {} zones in the database", zones.len());
    assert!(transitions > 1_500, "only {transitions} transitions met");
}

/// The reckoning itself, against what is known: it must not be wrong in the same way.
#[test]
fn row_32_the_reckoning_of_gaps_folds_and_lost_days_is_right() {
    // Five hours behind UTC, then four, then five again.
    let spring_and_autumn = [(i64::MIN / 2, -18_000), (1_000_000, -14_400), (9_000_000, -18_000)];
    for (civil, expected) in [
        (1_000_000 - 18_000 - 1, 999_999),
        (1_000_000 - 18_000, 1_000_000),
        (1_000_000 - 18_000 + 1_800, 1_001_800),
        (1_000_000 - 14_400, 1_000_000),
        (9_000_000 - 14_400 - 1_800, 8_998_200),
        (9_000_000 - 14_400, 9_003_600),
    ] {
        assert_eq!(reckoned(&spring_and_autumn, civil), Some(expected), "{civil}");
    }
    let lost_day = [(i64::MIN / 2, -36_000), (864_000 + 36_000, 50_400)];
    assert_eq!(reckoned(&lost_day, 864_000 + 3_600), None);
    assert_eq!(reckoned(&lost_day, 864_000 + 86_400), Some(900_000));
}
