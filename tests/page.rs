//! The demo's day in a real browser, as a newcomer plays it: everything goes through the page.

use crate::browser::{Browser, key};
use tokio::sync::watch;
use unstuck::demo::Demo;

/// The newest message of the middle column that says this.
async fn says(page: &Browser, words: &str) -> String {
    page.sees("#messages .message", words).await
}

async fn is(page: &Browser, person: &str, place: &str) {
    page.click(&format!("[data-person={person}]")).await;
    let name = if place == "dm" { "#dm-list .conversation" } else { "[data-conversation=C0SUPPORT]" };
    page.click(name).await;
}

async fn ana_answers_by_both_doors(page: &Browser) {
    says(page, "Good morning, Ana.").await;
    page.sees("#host-next", "You are Ana").await;
    page.click_words("#messages .tick", "Macro for late parcels").await;
    page.fill("#composer", "EU refunds first").await;
    page.keys(key::ENTER).await;
    page.fill("#composer", "Write the macro for the spring sale").await;
    page.keys(key::ENTER).await;
    says(page, "2 priorities: EU refunds first · Write the macro for the spring sale.").await;
    page.click("#conversation-name").await;
    page.picture("prompt").await;
    page.click_words("#messages button", "Answer in a form").await;
    page.sees("#modal", "Your priorities last shift").await;
    page.fill("#modal textarea", "\nParcels forum").await;
    page.click_words("#modal button", "Send").await;
    page.misses("#modal", "Your priorities").await;
    says(page, "1 done, 2 carried · 5 priorities").await;
    page.misses("#messages", "are you stuck on anything?").await;
}

async fn jess_reads_the_digest(page: &Browser) {
    // Half an hour goes by in which the others answer.
    page.click("[data-control=half-hour]").await;
    page.sees("#host-said", "Half an hour later.").await;
    is(page, "U0JESS", "channel").await;
    let digest = says(page, "5 of 5 answered\nNeeds someone").await;
    for line in ["🔵 Quick, Dee:", "🟠 Cleo: Refund tool says 403", "Ana ✓1 →2", "Parcels forum"] {
        assert!(digest.contains(line), "{line} is not in\n{digest}");
    }
}

async fn ben_takes_and_resolves(page: &Browser) {
    is(page, "U0BEN", "channel").await;
    page.click_words("#messages button", "I'll take this").await;
    says(page, "🟡 Ben has this").await;
    page.sees("#host-next", "Ben has it").await;
    let thread = "[...document.querySelectorAll('#messages .message')].find(one => one.innerText.includes('Cleo: Refund tool') \
                  && one.innerText.includes('Ben has it') && one.querySelector('a'))";
    page.holds("the digest names the help thread", &format!("return Boolean({thread})")).await;
    page.script(&format!("{thread}.querySelector('a').click()")).await;
    page.sees("#thread-messages", "@Cleo, answers come here.").await;
    page.sees("#thread-messages", "@Ben took this.").await;
    page.fill("#thread-composer", "You lack the role EU-refund. Added, try again?").await;
    page.keys(key::ENTER).await;
    page.sees("#thread-messages", "try again?").await;
    page.click("#conversation-name").await;
    page.picture("digest").await;
    page.click_words("#thread-messages button", "Resolve").await;
    page.sees("#modal", "What unstuck it?").await;
    page.fill("#modal input", "role EU-refund was missing, added it").await;
    page.keys(key::ENTER).await;
    page.sees("#thread-messages", "✅ Resolved by Ben").await;
    page.sees("#thread-messages", "What unstuck it: role EU-refund was missing, added it").await;
}

async fn cleo_is_asked(page: &Browser) {
    is(page, "U0CLEO", "dm").await;
    says(page, "Are you unstuck?").await;
    page.click_words("#messages button", "Yes, thanks").await;
    page.misses("#messages button", "Yes, thanks").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newcomer_plays_the_day() {
    let folder = tempfile::tempdir().expect("a folder");
    let demo = Demo::start(0, &format!("sqlite://{}/demo.db", folder.path().display())).await.expect("a demo");
    let (stop, until) = watch::channel(false);
    let running = demo.begin(until).await.expect("two days went by");
    let page = Browser::open(&demo.address()).await;
    ana_answers_by_both_doors(&page).await;
    jess_reads_the_digest(&page).await;
    ben_takes_and_resolves(&page).await;
    cleo_is_asked(&page).await;
    stop.send_replace(true);
    running.await.expect("the bot did not panic");
}
