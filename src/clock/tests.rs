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
