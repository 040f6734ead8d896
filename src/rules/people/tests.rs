use super::{LONGEST_NAME, name};
use proptest::prelude::*;

#[test]
fn a_usual_name_stays_as_it_is() {
    for usual in ["Ana", "ana_ruiz", "Zoë O'Neil-Świątek", "José (he/him)", "山田 太郎", "A. <3 & co", "R2-D2 :tada:"]
    {
        assert_eq!(name(usual), usual);
    }
}

#[test]
fn a_name_is_one_line_that_can_be_seen_and_speaks_no_markup() {
    let table = [
        ("Ana\nBen\r\n\u{2028}Cleo\t\u{85}D\u{0}\u{1b}[31m", "Ana Ben Cleo D [31m"),
        ("\u{202e}anA\u{202c} \u{2066}x\u{2069}\u{200e}\u{200f}\u{61c}", "anA x"),
        ("A\u{200b}n\u{200d}a\u{feff}\u{2060}", "Ana"),
        ("*Ana* ~Ben~ `Cleo` _Dee_", "Ana Ben Cleo Dee"),
        ("*_Ana_*", "Ana"),
        ("__", ""),
        ("> > Ana", "Ana"),
        ("*>* Ana", "Ana"),
        (" \u{200b}\n*_* \u{3164}", ""),
    ];
    for (told, shown) in table {
        assert_eq!(name(told), shown, "{told:?}");
    }
}

#[test]
fn a_long_name_is_cut_between_two_letters() {
    assert_eq!(name(&"x".repeat(LONGEST_NAME)), "x".repeat(LONGEST_NAME));
    assert_eq!(name(&"x".repeat(300)), "x".repeat(LONGEST_NAME - 1) + "…");
    let accents = format!("{}e\u{301}\u{302}{}", "x".repeat(LONGEST_NAME - 3), "y".repeat(300));
    assert_eq!(name(&accents), "x".repeat(LONGEST_NAME - 3) + "…");
}

proptest! {
    /// What was kept by an older version, or twice, comes to the same.
    #[test]
    fn what_was_made_fit_to_show_stays_so(told in any::<String>()) {
        let once = name(&told);
        prop_assert_eq!(name(&once), once.clone());
        prop_assert!(once.chars().count() <= LONGEST_NAME);
        prop_assert!(!once.chars().any(char::is_control));
    }
}
