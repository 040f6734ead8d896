//! Slack's limits are kept by us and never met.

use std::time::Duration;

use super::house::House;
use tokio::sync::watch;

#[tokio::test]
async fn a_burst_into_one_channel_is_paced_and_never_refused() {
    for house in House::on_each_database().await {
        for number in 10..40 {
            let key = format!("tell:{number}");
            house.says(&key, &key);
            house.wants(&key, "tell", "C0SUPPORT").await;
        }
        while house.live("U0ANA", "C0SUPPORT").len() < 30 {
            house.works().await;
            let due = house.due().await.expect("something is due");
            house.clock.step_to(due + super::house::START);
        }
        let calls = house.calls("chat.postMessage");
        assert!(calls.iter().all(|(_, status)| *status == 200), "{calls:?}");
        assert_eq!(calls.last().expect("a call").0, 25_500);
        let order: Vec<_> = house.texts("U0ANA", "C0SUPPORT");
        assert!(order.is_sorted());
    }
}

#[tokio::test]
async fn two_hundred_prompts_keep_the_workspaces_limit_and_edits_keep_theirs() {
    let crowd = |setup: &mut sandbox::Setup| {
        for number in 0..200 {
            let mut user = setup.workspace.users[0].clone();
            user.id = format!("U1{number:03}");
            setup.workspace.users.push(user);
        }
    };
    let house = House::with(crowd).await.remove(0);
    for number in 0..200 {
        let key = format!("prompt:{number:03}");
        house.says(&key, &key);
        house.wants(&key, "prompt", &format!("U1{number:03}")).await;
    }
    let drain = async |calls: usize, method: &str| {
        while house.calls(method).len() < calls {
            house.works().await;
            let due = house.due().await.expect("something is due");
            house.clock.step_to(due + super::house::START);
        }
    };
    drain(200, "chat.postMessage").await;
    let posts = house.calls("chat.postMessage");
    assert!(posts.iter().all(|(_, status)| *status == 200));
    assert!(posts[199].0 < 12_000, "{:?}", posts[199]);
    for number in 0..70 {
        let key = format!("prompt:{number:03}");
        house.says(&key, "answered");
        house.raise(&key).await;
    }
    drain(70, "chat.update").await;
    assert!(house.calls("chat.update").iter().all(|(_, status)| *status == 200));
}

#[tokio::test]
async fn it_runs_wakes_on_a_hint_and_stops() {
    for house in House::on_each_database().await {
        let (stop, stopped) = watch::channel(false);
        let courier = house.courier.clone();
        let running = tokio::spawn(async move { courier.run(stopped).await });
        tokio::time::sleep(Duration::from_millis(200)).await;
        for (key, place) in [("a", "C0SUPPORT"), ("b", "C0GENERAL"), ("c", "U0ANA"), ("d", "U0BEN")] {
            house.says(key, key);
            house.wants(key, "tell", place).await;
        }
        // The clock stands still, so nothing but the hint can wake it.
        house.courier.hint();
        let began = std::time::Instant::now();
        while house.calls("chat.postMessage").len() < 4 {
            assert!(began.elapsed() < Duration::from_secs(3), "not woken");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        // What falls due wakes it too.
        house.says("e", "e");
        house.wants_as("e", "tell", "C0SUPPORT", |new| new.due_at += 3_000).await;
        house.courier.hint();
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(house.calls("chat.postMessage").len(), 4);
        house.later(3_000);
        while house.calls("chat.postMessage").len() < 5 {
            assert!(began.elapsed() < Duration::from_secs(5), "not woken");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        stop.send_replace(true);
        tokio::time::timeout(Duration::from_secs(3), running).await.expect("it stops").expect("in order");
    }
}
