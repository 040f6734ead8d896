use super::*;

const HOUR: i64 = 3_600_000;

/// What a look at each of these readings says; elapsed time is what stands first.
fn said(steady: &mut Steady, looks: &[(i64, i64)]) -> Vec<Look> {
    looks.iter().map(|(elapsed, wall)| steady.look(*wall, *elapsed)).collect()
}

#[test]
fn row_36_a_jump_is_held_until_two_looks_agree() {
    let mut steady = Steady::default();
    let ahead = 25 * HOUR;
    let looks = [(0, 0), (5_000, 5_000), (10_000, ahead + 10_000), (15_000, ahead + 15_000), (20_000, ahead + 20_000)];
    let jumped = Look::Jumped(ahead);
    assert_eq!(said(&mut steady, &looks), [Look::Trusted, Look::Trusted, jumped, Look::Waiting, Look::Trusted]);
    assert_eq!(steady.look(25_000, 25_000), Look::Jumped(-ahead));
}

#[test]
fn row_36_looks_in_one_moment_do_not_make_a_jump_believable() {
    let mut steady = Steady::default();
    steady.look(0, 0);
    assert_eq!(steady.look(HOUR, 5_000), Look::Jumped(HOUR - 5_000));
    for elapsed in [5_001, 5_002, 8_999] {
        assert_eq!(steady.look(HOUR + elapsed - 5_000, elapsed), Look::Waiting);
    }
    // One that counts, and one that is too close to it.
    for elapsed in [9_000, 9_001, 12_000] {
        assert_eq!(steady.look(HOUR + elapsed - 5_000, elapsed), Look::Waiting);
    }
    assert_eq!(steady.look(HOUR + 8_000, 13_000), Look::Trusted);
}

#[test]
fn row_36_a_clock_that_strobes_is_never_trusted() {
    let mut steady = Steady::default();
    steady.look(0, 0);
    for round in 1..20 {
        let elapsed = round * 5_000;
        let wall = if round % 2 == 0 { elapsed } else { elapsed + 3 * HOUR };
        assert_ne!(steady.look(wall, elapsed), Look::Trusted, "round {round}");
        assert!(!steady.trusts(wall, elapsed));
        assert_eq!(steady.now(wall, elapsed), elapsed, "the time goes on as it did before");
    }
}

#[test]
fn row_36_the_time_goes_on_as_it_did_until_a_jump_is_believed() {
    let mut steady = Steady::default();
    assert_eq!(steady.now(7, 0), 7, "nothing is known yet");
    steady.look(0, 0);
    // Between two looks nobody has seen the jump yet, and still it is not believed.
    assert!(!steady.trusts(HOUR, 1_000));
    assert_eq!(steady.now(HOUR, 1_000), 1_000);
    assert!(steady.trusts(1_000, 1_000));
    said(&mut steady, &[(5_000, HOUR), (10_000, HOUR + 5_000)]);
    assert_eq!(steady.now(HOUR + 5_000, 10_000), 10_000);
    assert_eq!(said(&mut steady, &[(15_000, HOUR + 10_000)]), [Look::Trusted]);
    assert!(steady.trusts(HOUR + 11_000, 16_000));
    assert_eq!(steady.now(HOUR + 11_000, 16_000), HOUR + 11_000);
}

#[test]
fn a_clock_that_is_set_right_by_seconds_is_trusted() {
    let mut steady = Steady::default();
    assert_eq!(said(&mut steady, &[(0, 0), (5_000, 64_000), (10_000, 9_000)]), [Look::Trusted; 3]);
    assert_eq!(steady.now(14_000, 15_000), 14_000);
}

#[test]
fn row_37_a_minute_from_the_databases_clock_holds_until_it_is_less() {
    let mut steady = Steady::default();
    steady.look(0, 0);
    assert_eq!(steady.ahead(), None);
    for ahead in [SKEW_HOLD, -SKEW_HOLD, 25 * HOUR] {
        steady.compared(ahead);
        assert_eq!(steady.look(5_000, 5_000), Look::Skewed(ahead));
        assert!(!steady.trusts(5_000, 5_000));
    }
    for ahead in [SKEW_HOLD - 1, 1 - SKEW_HOLD, 0] {
        steady.compared(ahead);
        assert_eq!(steady.look(5_000, 5_000), Look::Trusted);
        assert_eq!((steady.trusts(5_000, 5_000), steady.ahead()), (true, Some(ahead)));
    }
}
