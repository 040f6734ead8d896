use super::*;

const NINE: i64 = 1_800_000_000_000;

#[tokio::test]
async fn a_frozen_clock_stands_until_it_is_stepped_and_never_goes_back() {
    let clock = Clock::frozen(NINE);
    assert_eq!((clock.now(), clock.elapsed()), (NINE, Duration::ZERO));
    clock.step_to(NINE + 1_500);
    assert_eq!((clock.now(), clock.elapsed()), (NINE + 1_500, Duration::from_millis(1_500)));
    clock.step_to(NINE);
    assert_eq!(clock.now(), NINE + 1_500);
    clock.sleep_until(NINE).await;
}

#[tokio::test]
async fn a_step_wakes_those_who_are_due_and_no_others() {
    let clock = Clock::frozen(NINE);
    let sleeper = |at| {
        let clock = clock.clone();
        tokio::spawn(async move { clock.sleep_until(at).await })
    };
    let (soon, late) = (sleeper(NINE + 1_000), sleeper(NINE + 2_000));
    tokio::time::sleep(Duration::from_millis(20)).await;
    clock.step_to(NINE + 1_000);
    soon.await.unwrap();
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert!(!late.is_finished());
    clock.step_to(NINE + 5_000);
    late.await.unwrap();
}

#[tokio::test]
async fn a_shifted_clock_runs_and_a_step_moves_both_readings() {
    let clock = Clock::shifted(-3_600_000);
    let system = Clock::system();
    assert!((system.now() - clock.now() - 3_600_000).abs() < 1_000);
    let before = clock.now();
    clock.sleep_until(before + 30).await;
    assert!(clock.now() >= before + 30);
    let target = clock.now() + 86_400_000;
    let sleeper = {
        let clock = clock.clone();
        tokio::spawn(async move { clock.sleep_until(target).await })
    };
    tokio::time::sleep(Duration::from_millis(10)).await;
    clock.step_to(target);
    sleeper.await.unwrap();
    assert!(clock.now() >= target);
    assert!(clock.elapsed() >= Duration::from_secs(86_399));
    assert!(clock.elapsed() < Duration::from_secs(86_460));
}

#[tokio::test]
async fn a_file_moves_the_clock_forwards_only() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("offset");
    assert!(Clock::from_file(path.clone()).is_err());
    std::fs::write(&path, "soon").unwrap();
    assert_eq!(Clock::from_file(path.clone()).err().unwrap().kind(), io::ErrorKind::InvalidData);

    std::fs::write(&path, "60000\n").unwrap();
    let clock = Clock::from_file(path.clone()).unwrap();
    assert!((clock.now() - Clock::system().now() - 60_000).abs() < 1_000);
    assert!(clock.elapsed() < Duration::from_secs(1));

    let target = clock.now() + 600_000;
    clock.step_to(target);
    assert!(clock.now() < target);
    std::fs::write(&path, "700000").unwrap();
    clock.sleep_until(target).await;
    assert!(clock.elapsed() >= Duration::from_secs(640));

    for text in ["", "5"] {
        std::fs::write(&path, text).unwrap();
        tokio::time::sleep(REREAD * 2).await;
        assert!(clock.now() >= target);
    }
}

#[tokio::test]
async fn row_36_a_wall_clock_jumps_and_elapsed_time_does_not() {
    let clock = Clock::frozen(NINE);
    let (jumpy, other) = (clock.skewed(0), clock.skewed(120_000));
    jumpy.jump_by(90_000_000);
    assert_eq!(jumpy.reading(), (NINE + 90_000_000, Duration::ZERO));
    assert_eq!((clock.now(), other.now()), (NINE, NINE + 120_000));
    jumpy.jump_by(-90_000_000 - 1_000);
    clock.step_to(NINE + 5_000);
    assert_eq!(jumpy.reading(), (NINE + 4_000, Duration::from_millis(5_000)));
    // A view is stepped to what it shows itself.
    other.step_to(NINE + 130_000);
    assert_eq!((clock.now(), other.now()), (NINE + 10_000, NINE + 130_000));
    let clones = (jumpy.clone(), jumpy.skewed(500));
    assert_eq!((clones.0.now(), clones.1.now()), (jumpy.now(), jumpy.now() + 500));
}

#[tokio::test]
async fn row_36_a_jump_that_is_not_believed_yet_does_not_move_the_time() {
    let clock = Clock::frozen(NINE);
    assert_eq!(clock.look(), Look::Trusted);
    clock.jump_by(3_600_000);
    assert_eq!((clock.now(), clock.trusted()), (NINE, None));
    assert_eq!(clock.look(), Look::Jumped(3_600_000));
    for look in [Look::Waiting, Look::Trusted] {
        clock.step_to(clock.reading().0 + 5_000);
        assert_eq!(clock.look(), look);
    }
    assert_eq!(clock.now(), NINE + 3_610_000);
}

#[tokio::test]
async fn row_36_nobody_sleeps_longer_because_the_clock_is_set_back() {
    for clock in [Clock::frozen(NINE), Clock::shifted(0)] {
        let sleeper = {
            let clock = clock.clone();
            let until = clock.now() + 60;
            tokio::spawn(async move { clock.sleep_until(until).await })
        };
        tokio::time::sleep(Duration::from_millis(10)).await;
        clock.jump_by(-90_000_000);
        clock.step_to(clock.now() + 60);
        tokio::time::timeout(Duration::from_secs(5), sleeper).await.expect("awake").unwrap();
    }
}

#[tokio::test]
async fn row_36_a_file_may_hold_a_jump_besides_its_offset() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("offset");
    std::fs::write(&path, "60000 x").unwrap();
    assert!(Clock::from_file(path.clone()).is_err());
    std::fs::write(&path, "60000").unwrap();
    let clock = Clock::from_file(path.clone()).unwrap();
    let off = |clock: &Clock| clock.reading().0 - Clock::system().now();
    let near = |ms: i64, expected: i64| (ms - expected).abs() < 1_000;
    for (text, wall, wrong) in
        [("60000 90000000", 90_060_000, 90_000_000), ("60000 -5000", 55_000, -5_000), ("90000", 90_000, 0)]
    {
        std::fs::write(&path, text).unwrap();
        tokio::time::sleep(REREAD * 2).await;
        assert!(near(off(&clock), wall), "{text}: {}", off(&clock));
        assert!(near(clock.of_this_machine() - Clock::system().now(), wrong), "{text}");
    }
    assert!(near(ms(clock.elapsed()), 30_000));
}
