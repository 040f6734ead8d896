//! Whatever people type, and however many they are: every part stays within Slack's limits, and no word is lost.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::Value;

use super::cast::*;
use super::plain::lines;
use crate::rules::check_in::Mark;
use crate::rules::shown::{
    CheckInShown, CheckInState, DigestShown, Filed, LastShift, PersonState, PromptShown, QuestionShown, Step,
    StuckShown, TellShown, Told,
};
use crate::rules::stuck::{Size, State, What};
use crate::slack::view::digest::{digest, quick};
use crate::slack::view::form::{FormInput, form};
use crate::slack::view::{Part, answer, prompt, stuck};

/// Characters of every text that is shown, as the sandbox and others count them.
fn shown_in(value: &Value) -> usize {
    match value {
        Value::Object(object) => object
            .iter()
            .map(|(key, inner)| match inner {
                Value::String(text) if key == "text" => text.encode_utf16().count(),
                _ => shown_in(inner),
            })
            .sum(),
        Value::Array(items) => items.iter().map(shown_in).sum(),
        _ => 0,
    }
}

fn each<'a>(value: &'a Value, visit: &mut dyn FnMut(&'a Value)) {
    visit(value);
    match value {
        Value::Object(object) => object.values().for_each(|inner| each(inner, visit)),
        Value::Array(items) => items.iter().for_each(|inner| each(inner, visit)),
        _ => {}
    }
}

fn length(value: &Value) -> usize {
    value.as_str().unwrap().encode_utf16().count()
}

fn within_limits(blocks: &Value, most: usize) {
    let blocks = blocks.as_array().unwrap();
    assert!(!blocks.is_empty() && blocks.len() <= most, "{} blocks", blocks.len());
    let ids: Vec<&str> = blocks.iter().filter_map(|block| block["block_id"].as_str()).collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "{ids:?}");
    for block in blocks {
        assert!(block["type"] == "actions" || block["type"] == "input" || shown_in(block) <= 3_000);
        assert!(block["block_id"].as_str().is_none_or(|id| id.len() <= 255));
        each(block, &mut |value| match value["type"].as_str() {
            Some("text" | "mrkdwn" | "plain_text") => assert_ne!(value["text"], ""),
            Some("button") => assert!(length(&value["text"]["text"]) <= 75),
            Some("actions") => assert!((1..=25).contains(&value["elements"].as_array().unwrap().len())),
            Some("context") => assert!((1..=10).contains(&value["elements"].as_array().unwrap().len())),
            Some("input") => {
                assert!(length(&value["label"]["text"]) <= 2_000);
                assert!(value["hint"].is_null() || length(&value["hint"]["text"]) <= 2_000);
            }
            Some("plain_text_input") => {
                assert!(value["initial_value"].is_null() || length(&value["initial_value"]) <= 3_000);
            }
            _ => {}
        });
        each(block, &mut |value| {
            let options = value["options"].as_array();
            assert!(options.is_none_or(|options| (1..=10).contains(&options.len())));
            for option in options.into_iter().flatten() {
                assert!(length(&option["text"]["text"]) <= 75 && length(&option["value"]) <= 150);
            }
        });
    }
}

/// Blanks and cuts aside, what all parts say.
fn bare(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_whitespace() && *letter != '…').collect()
}

fn unescape(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

fn check(parts: &[Part]) {
    assert_eq!(parts[0].name, "");
    let names: BTreeSet<&str> = parts.iter().map(|part| part.name.as_str()).collect();
    assert_eq!(names.len(), parts.len());
    for part in parts {
        within_limits(&part.blocks, 45);
        assert!(shown_in(&part.blocks) <= 10_000, "{}: {}", part.name, shown_in(&part.blocks));
        let size = part.text.encode_utf16().count();
        assert!((1..=3_800).contains(&size), "{}: {size}", part.name);
        // Only our own mentions stand in a fallback, and only our own words in markup.
        for piece in part.text.split('<').skip(1) {
            assert!(["@U0", "#C0", "https://acme"].iter().any(|own| piece.starts_with(own)), "<{piece}");
        }
        assert!(!part.text.contains("<@U0EVIL"));
        each(&part.blocks, &mut |value| {
            if value["type"] == "mrkdwn" {
                assert!(!value["text"].as_str().unwrap().contains(MARK), "{value}");
            }
        });
    }
}

/// Every word is in the blocks and in the fallback of the parts; a word longer than a page may be split.
fn keeps(parts: &[Part], typed: &str) {
    let blocks = bare(&parts.iter().map(|part| lines(&part.blocks)).collect::<String>().replace('*', ""));
    let texts = bare(&parts.iter().map(|part| unescape(&part.text)).collect::<String>().replace('*', ""));
    // A word is kept whole unless it is longer than a line once it is escaped: `&` becomes five characters.
    let short = |word: &String| word.len() + 4 * word.matches(['&', '<', '>']).count() < 100;
    for word in typed.replace('*', "").split_whitespace().map(bare).filter(short) {
        assert!(blocks.contains(&word), "{word} is not in the blocks");
        assert!(texts.contains(&word), "{word} is not in the fallback");
    }
    for letter in ['&', 'ش'] {
        let all = |text: &str| text.matches(letter).count();
        assert!(all(&blocks) >= all(typed) && all(&texts) >= all(typed), "{letter} was lost");
    }
}

/// In every typed text, so that it is seen wherever it must not stand.
const MARK: &str = "qzx";

fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("<!channel> ".to_owned()),
        Just("<@U0EVIL> ".to_owned()),
        Just("<https://evil.example|click> ".to_owned()),
        Just("*bold* _it_ `code` ~no~ > quote @here #general ".to_owned()),
        Just("👩‍💻🎉 ".to_owned()),
        Just("שלום \u{202e}עולם شكرا ".to_owned()),
        Just("line\n\nline\r\n".to_owned()),
        Just("::: :tada: ".to_owned()),
        "[a-z]{1,12} ".prop_map(|word| word),
        (1usize..3_000).prop_map(|many| "&".repeat(many)),
        (1usize..3_000).prop_map(|many| "ش".repeat(many)),
        (1usize..400).prop_map(|many| "parcel lost ".repeat(many)),
    ];
    prop::collection::vec(piece, 0..6).prop_map(|pieces| {
        let text: String = pieces.concat();
        format!("{MARK} {}", text.chars().take(3_000).collect::<String>()).trim().to_owned()
    })
}

fn all_states(shown: &StuckShown, outcome: &str) -> Vec<StuckShown> {
    let mut withdrawn = shown.clone();
    withdrawn.stuck.state = State::Withdrawn { at: at("07:00") };
    vec![shown.clone(), taken_by_ben(shown.clone()), resolved_by_ben(shown.clone(), outcome), withdrawn]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn help_threads_hold_any_text(what in hostile(), help in hostile(), outcome in hostile(), name in hostile()) {
        let mut shown = stuck("s1", 0, "Ana", &what, &help);
        shown.stuck.opened_at = Some(at("06:30"));
        shown.escalated_to = vec!["Jess".to_owned()];
        shown.asker = name.chars().take(80).collect();
        for shown in all_states(&shown, &outcome) {
            let parts = stuck::help(&shown);
            check(&parts);
            keeps(&parts, &what);
            keeps(&parts, &help);
            if matches!(shown.stuck.state, State::Resolved { .. }) {
                keeps(&parts, &outcome);
            }
            check(&quick(&shown));
            keeps(&quick(&shown), &what);
            for role in [Told::Asker, Told::Taker] {
                for told in [What::Taken, What::Resolved, What::Answered, What::LineGone] {
                    let parts = stuck::told(&TellShown {
                        journal: "j".into(),
                        stuck: shown.clone(),
                        what: told,
                        actor: "U0Y".into(),
                        actor_name: name.chars().take(80).collect(),
                        detail: outcome.clone(),
                        to: "U0X".into(),
                        role,
                        still_so: true,
                        handed_back_by: None,
                        confirmed: false,
                        at_length: true,
                        zone: ZONE.to_owned(),
                        off_shift: false,
                        team: "T".to_owned(),
                    });
                    check(&parts);
                    keeps(&parts, &what);
                }
            }
            for modal in [stuck::modal_resolve(&shown), stuck::modal_answer(&shown), stuck::modal_escalate(&shown)] {
                within_limits(&modal["blocks"], 100);
                assert!(length(&modal["title"]["text"]) <= 24);
            }
        }
    }

    #[test]
    fn a_small_digest_keeps_every_word(texts in prop::collection::vec(hostile(), 4), stucks in prop::collection::vec(hostile(), 3)) {
        let mut shown = friday();
        for (person, text) in shown.people.iter_mut().zip(&texts) {
            person.lines = vec![line("a", text, false), line("b", "phones", false)];
            person.name = text.chars().take(80).collect();
        }
        shown.people[0].last_text = texts[1].clone();
        shown.stucks = stucks.iter().zip(0..).map(|(what, place)| stuck(&format!("s{place}"), place, "Dee", what, &texts[0])).collect();
        shown.stucks[0].stuck.size = Some(Size::Minute);
        let parts = digest(&shown);
        check(&parts);
        screen(&parts[0]);
        texts.iter().chain(&stucks).for_each(|text| keeps(&parts, text));
    }

    #[test]
    fn prompts_forms_and_answers_hold_any_text(texts in prop::collection::vec(hostile(), 12)) {
        let mut check_in = check_in();
        let lines = texts.iter().enumerate().map(|(number, text)| last(&format!("p{number}"), text, 3)).collect();
        check_in.last = Some(LastShift { date: "2025-05-22".to_owned(), days_ago: 5, lines });
        check_in.name = texts[0].chars().take(80).collect();
        for (number, line) in check_in.last.as_mut().unwrap().lines.iter_mut().enumerate() {
            line.mark = if number == 1 { Mark::Done } else { Mark::None };
            line.taken = if number > 7 { taken(&texts[number].chars().take(80).collect::<String>()) } else { None };
        }
        check_in.lines = texts.iter().enumerate().map(|(number, text)| line(&format!("p{number}"), text, number < 3)).collect();
        check_in.stucks = texts.iter().enumerate().map(|(number, text)| own_stuck(&format!("s{number}"), text, None)).collect();
        for state in [CheckInState::Asked, CheckInState::Missed, CheckInState::Answered { at: 0, late: true }] {
            let asks = !matches!(state, CheckInState::Answered { .. });
            let check_in = CheckInShown { state, ..check_in.clone() };
            let parts = prompt::prompt(&PromptShown { check_in, first_ever: true, again: false });
            check(&parts);
            if asks {
                texts.iter().for_each(|text| keeps(&parts, text));
            }
        }
        let filed = [Filed::Priority, Filed::Stuck { size: None }, Filed::Unfiled, Filed::Stuck { size: Some(Size::More) }];
        for (step, filed) in [Step::Stuck, Step::Size, Step::AddAs, Step::Done].into_iter().zip(filed) {
            let lines = texts.iter().enumerate().map(|(at, text)| typed(&format!("{at}.0"), 0, text, filed.clone())).collect();
            let parts = answer::question(&QuestionShown { check_in: check_in.clone(), lines, gathered: 7, full: true, step, name_team: true });
            check(&parts);
            texts.iter().for_each(|text| keeps(&parts, text));
        }
        let view = form(&FormInput { check_in, sets: 10 });
        form_holds(&view);
    }
}

fn form_holds(view: &Value) {
    within_limits(&view["blocks"], 100);
    assert!(length(&view["title"]["text"]) <= 24);
    assert!(length(&view["private_metadata"]) <= 3_000);
    assert!(view.to_string().len() < 240_000, "{}", view.to_string().len());
}

/// One screen in the channel.
fn screen(part: &Part) {
    assert!(part.blocks.as_array().unwrap().len() <= 25);
    assert!(shown_in(&part.blocks) <= 3_000, "{}", shown_in(&part.blocks));
    assert!(part.text.encode_utf16().count() <= 3_000);
}

/// 200 agents, each with 3,000 characters, and 40 stucks of 3,000 characters.
fn crowd(text: &str, size: Size) -> DigestShown {
    let surname: String = text.chars().take(60).collect();
    let mut shown = friday();
    shown.people = (0..200).map(|place| person(place, &format!("Agent {place} {surname}"), 2, 1, &[text])).collect();
    shown.people[7].state = PersonState::NotYet;
    shown.people.iter_mut().skip(150).step_by(3).for_each(|person| person.state = PersonState::Away);
    shown.stucks = (0..40)
        .map(|place| {
            let mut one = stuck(&format!("s{place}"), place, &format!("Agent {place} {surname}"), text, text);
            one.stuck.size = Some(size);
            match place % 4 {
                1 => one = taken_by_ben(one),
                2 => one = resolved_by_ben(one, text),
                _ => {}
            }
            if size == Size::More {
                one.stuck.opened_at = Some(at("06:30"));
                one.link = Some(format!("https://acme.slack.com/archives/C0SUPPORT/p17637120001234{place}"));
            }
            one
        })
        .collect();
    shown
}

#[test]
fn two_hundred_agents_and_forty_stucks() {
    for text in ["&".repeat(3_000), "parcel <lost> ".repeat(214), "😀".repeat(1_500)] {
        for size in [Size::Minute, Size::More] {
            let shown = crowd(&text, size);
            let parts = digest(&shown);
            check(&parts);
            screen(&parts[0]);
            let all =
                |letter: char| -> usize { parts.iter().map(|part| lines(&part.blocks).matches(letter).count()).sum() };
            let letter = text.chars().next().unwrap();
            let in_text = text.matches(letter).count();
            let answered = shown.people.iter().filter(|it| matches!(it.state, PersonState::Answered { .. })).count();
            let on_digest = if size == Size::Minute { 40 } else { 0 };
            assert!(all(letter) >= in_text * (answered + on_digest));
        }
    }
}

#[test]
fn a_form_of_forty_long_lines_and_ten_long_stucks() {
    let mut shown = check_in();
    let lines = (0..60).map(|number| last(&format!("p{number:015}"), &"😀\"".repeat(1_000), 3)).collect();
    shown.last = Some(LastShift { date: "2025-05-22".to_owned(), days_ago: 1, lines });
    shown.last.as_mut().unwrap().lines.iter_mut().step_by(2).for_each(|line| line.taken = taken("Dee"));
    shown.stucks = (0..12).map(|number| own_stuck(&format!("s{number}"), &"😀".repeat(1_500), None)).collect();
    shown.lines = (0..300).map(|number| line(&format!("p{number:015}"), "short", number % 3 == 0)).collect();
    let view = form(&FormInput { check_in: shown, sets: 10 });
    form_holds(&view);
    let said = lines_of(&view);
    assert!(
        said.contains("more priorities carry over by themselves") && said.contains("You are stuck on 2 more"),
        "{said}"
    );
}

fn lines_of(view: &Value) -> String {
    lines(&view["blocks"])
}
