//! M1 to M4: the prompt, the form and the typed conversation.

use super::cast::*;
use super::plain::{lines, read};
use crate::rules::check_in::Mark;
use crate::rules::shown::{
    CheckInShown, CheckInState, Filed, PromptShown, QuestionShown, ReminderShown, Step, TypedLine,
};
use crate::rules::stuck::Size;
use crate::slack::view::action::{Action, Modal};
use crate::slack::view::answer::question;
use crate::slack::view::form::{FormInput, form, set_name};
use crate::slack::view::prompt::{prompt, reminder};

fn asked(check_in: CheckInShown) -> String {
    read(&prompt(&PromptShown { check_in, first_ever: false, again: false }))
}

fn with_last() -> CheckInShown {
    CheckInShown { last: Some(thursday()), ..check_in() }
}

#[test]
fn the_first_prompt_introduces_itself() {
    let shown = PromptShown { check_in: check_in(), first_ever: true, again: false };
    let said = prompt(&shown);
    assert_eq!(
        read(&said),
        "Good morning, Ana. I'm Unstuck. Jess added you to **Tier 1**, so I'll ask you three short things when your shift \
         starts. No meeting, about a minute.\n\
         **1. Your priorities last shift: done or not done?**\n\
         ‹From your next shift on they are listed here to tick; today, if you like, in the form.›\n\
         **2. What are your priorities this shift?** Just type them here, one a line or one a message.\n\
         **3. Are you stuck on anything, and what help do you need?**\n\
         [Answer in a form] [Nothing stuck] [Snooze 30 min] [Off today]\n\
         ‹Your answers go into one post in #C0SUPPORT, around 06:30. You can change them until your next shift.›"
    );
    assert!(said[0].text.ends_with(
        "Your answers go into one post in <#C0SUPPORT>, around 06:30. You can change them until your next shift."
    ));
}

#[test]
fn a_prompt_lists_the_last_shift_to_tick() {
    assert_eq!(
        asked(with_last()),
        "Good morning, Ana. **Tier 1, Early**\n\
         **1. Your priorities last shift (Thu): done or not done?** Tick what is done.\n\
         ☐ Clear refund backlog\n\
         ☐ Macro for late parcels · 3rd day\n\
         ☐ Call back Mrs Ortiz\n\
         [All done]\n\
         ‹What you don't tick carries over. To drop one: Answer in a form.›\n\
         **2. What are your priorities this shift?** One a line, just type them here.\n\
         **3. Are you stuck on anything, and what help do you need?**\n\
         [Answer in a form] [Nothing stuck] [Snooze 30 min] [Off today]"
    );
}

#[test]
fn what_was_taken_stands_on_lines_of_its_own() {
    let mut shown = with_last();
    let last = shown.last.as_mut().unwrap();
    last.days_ago = 16;
    last.date = "2025-05-07".to_owned();
    last.lines[0].taken = taken("Dee");
    last.lines[1].mark = Mark::Done;
    shown.digest_posted = true;
    shown.state = CheckInState::Missed;
    let said = read(&prompt(&PromptShown { check_in: shown, first_ever: false, again: true }));
    assert_eq!(
        said,
        "Good morning, Ana. **Tier 1, Early**\n\
         **1. Your priorities from 7 May (your last shift): done or not done?** Tick what is done.\n\
         ☑ Macro for late parcels · 3rd day\n\
         ☐ Call back Mrs Ortiz\n\
         [All done] [Drop all]\n\
         ☐ Dee's stuck: Clear refund backlog\n\
         [Resolve] [Hand back]\n\
         ‹What you don't tick carries over. To drop one: Answer in a form.›\n\
         **2. What are your priorities this shift?** One a line, just type them here.\n\
         **3. Are you stuck on anything, and what help do you need?**\n\
         [Answer in a form] [Nothing stuck] [Off today]\n\
         ‹The 06:30 post is up. You can still answer; it will be added.›"
    );
}

#[test]
fn lines_that_do_not_fit_a_box_are_told_whole() {
    let mut shown = with_last();
    let long = "Ask the warehouse in Rotterdam why the return labels of the last two weeks were never scanned";
    let last_shift = shown.last.as_mut().unwrap();
    last_shift.lines = (0..12).map(|at| last(&format!("p{at}"), &format!("Line {at}"), 1)).collect();
    last_shift.lines[0].text = long.to_owned();
    let said = asked(shown);
    assert!(said.contains("☐ Ask the warehouse in Rotterdam why the return labels of the last two weeks…\n"), "{said}");
    assert!(said.contains(&format!("In full: {long}\n")), "{said}");
    assert!(said.contains("☐ Line 9\n[All done]") && !said.contains("Line 10"), "{said}");
    assert!(said.contains("To drop one: Answer in a form. 2 more in the form.›"), "{said}");
}

#[test]
fn the_prompt_becomes_what_is_so() {
    let mut shown = with_last();
    shown.state = CheckInState::Snoozed { until: at("06:34") };
    assert_eq!(asked(shown.clone()), "Snoozed until 06:34.\n[Answer now]");
    shown.state = CheckInState::Off;
    assert_eq!(asked(shown.clone()), "Enjoy your day. You're marked away, and I won't ask.\n[I'm back]");

    shown.state = CheckInState::Answered { at: at("06:04"), late: false };
    shown.nothing = true;
    shown.last.as_mut().unwrap().lines.iter_mut().for_each(|line| line.mark = Mark::Carried);
    shown.lines = vec![line("p1", "a", true), line("p2", "b", true), line("p3", "c", true)];
    assert_eq!(
        asked(shown.clone()),
        "✓ Checked in 06:04. Nothing stuck. Carried over: 3 priorities. Anything new this shift? Just type it.\n[Edit]"
    );

    shown.nothing = false;
    let lines = &mut shown.last.as_mut().unwrap().lines;
    lines[0].mark = Mark::Done;
    lines[2].mark = Mark::Done;
    shown.lines = vec![line("p2", "b", true), line("p4", "d", false), line("p5", "e", false)];
    shown.stucks = vec![own_stuck("s1", "refund tool", Some(Size::More))];
    assert_eq!(
        asked(shown.clone()),
        "✓ Checked in 06:04 · 2 done, 1 carried · 3 priorities · 1 stuck (help thread opens with the post at 06:30).\n[Edit]"
    );
    shown.superseded = true;
    assert!(!asked(shown.clone()).contains('['));
    shown.state = CheckInState::Missed;
    assert_eq!(asked(shown), "That was Friday's check-in. Your next one stands below; answer that one.");
}

#[test]
fn one_reminder() {
    let said = reminder(&ReminderShown { check_in: check_in() });
    assert_eq!(
        read(&said),
        "Still time for the 06:30 post, Ana. One tap is enough:\n[Nothing stuck] [Answer in a form]"
    );
    let check_in =
        CheckInShown { state: CheckInState::Answered { at: at("06:20"), late: false }, nothing: true, ..check_in() };
    let said = reminder(&ReminderShown { check_in });
    assert_eq!(read(&said), "✓ Checked in 06:20. Nothing stuck. Anything new this shift? Just type it.");
}

fn answer(check_in: CheckInShown, lines: Vec<TypedLine>, step: Step) -> String {
    read(&question(&QuestionShown { check_in, lines, gathered: 0, full: false, step, name_team: false }))
}

#[test]
fn the_typed_conversation() {
    let two = vec![
        typed("1.0", 0, "clear the refund backlog", Filed::Priority),
        typed("2.0", 0, "write the sale macro", Filed::Priority),
    ];
    assert_eq!(
        answer(check_in(), two.clone(), Step::Stuck),
        "2 priorities: **clear the refund backlog** · **write the sale macro**.\n\
         Type more, or: are you stuck on anything?\n[Nothing stuck] [I'm stuck]"
    );
    assert_eq!(
        answer(check_in(), vec![], Step::WhatStuck),
        "What are you stuck on, and what help do you need? Just type it."
    );
    let stuck =
        typed("3.0", 0, "refund tool says 403 for EU orders, need someone with admin", Filed::Stuck { size: None });
    assert_eq!(
        answer(check_in(), vec![stuck.clone()], Step::Size),
        "Stuck: **refund tool says 403 for EU orders, need someone with admin**. How much help is it?\n\
         [A minute or less] [More than a minute] [It's a priority, not a stuck]"
    );
    let mut shown = check_in();
    shown.state = CheckInState::Answered { at: at("06:06"), late: false };
    shown.lines = vec![line("p1", "a", false), line("p2", "b", false)];
    shown.stucks = vec![own_stuck("s1", &stuck.text, Some(Size::More))];
    assert_eq!(
        answer(shown, vec![], Step::Done),
        "✓ Checked in 06:06 · 2 priorities · 1 stuck, more than a minute. Its help thread opens with the 06:30 post.\n\
         [Another stuck] [Open it now] [Edit]"
    );
}

#[test]
fn a_wrongly_filed_line_goes_back() {
    let one = vec![typed("1.0", 0, "refund tool is down", Filed::Priority)];
    let shown = QuestionShown {
        check_in: check_in(),
        lines: one,
        gathered: 0,
        full: false,
        step: Step::Stuck,
        name_team: true,
    };
    let said = question(&shown);
    assert_eq!(
        read(&said),
        "**Tier 1**\n1 priority: **refund tool is down**.\nType more, or: are you stuck on anything?\n\
         [Nothing stuck] [I'm stuck] [It's a stuck, not a priority]"
    );
    let button = &said[0].blocks[2]["elements"][2];
    let read = Action::read(button["action_id"].as_str().unwrap(), button["value"].as_str().unwrap());
    assert_eq!(read, Some(Action::ItsStuck { check_in: "c1".into(), said: "1.0".into(), line: 0 }));
}

#[test]
fn what_is_said_when_nothing_was_asked_is_asked_about() {
    let one = vec![typed("1.0", 0, "call the bank", Filed::Unfiled)];
    assert_eq!(
        answer(check_in(), one, Step::AddAs),
        "Your check-in is done. Add that as:\n[Priority] [Stuck] [Never mind]"
    );
    let many = (0..17).map(|at| typed(&format!("{at}.0"), 0, &format!("word {at}"), Filed::Unfiled)).collect();
    let said = answer(check_in(), many, Step::AddAs);
    assert!(
        said.starts_with(
            "**word 0**\nYour check-in is done. Add that as:\n[Priority] [Stuck] [Never mind]\n**word 1**"
        )
    );
    assert!(said.ends_with("I'll ask next about: word 15\nI'll ask next about: word 16"), "{said}");
}

#[test]
fn the_form_asks_the_same_three_questions() {
    let mut shown = with_last();
    let last = shown.last.as_mut().unwrap();
    last.lines[0].mark = Mark::Done;
    last.lines[2].taken = taken("Dee");
    shown.lines = vec![line("p2", "Macro for late parcels", true), line("p4", "Write the sale macro", false)];
    let mut twice = line("p5", "two\nlines", false);
    twice.carried = false;
    shown.lines.push(twice);
    let view = form(&FormInput { check_in: shown, sets: 1 });
    assert_eq!(view["title"]["text"], "Tier 1 check-in");
    assert_eq!(view["submit"]["text"], "Send");
    assert_eq!(view["close"]["text"], "Cancel");
    assert_eq!(
        lines(&view["blocks"]),
        "*Your priorities last shift*\n\
         Clear refund backlog\n\
         (•) Done  ( ) Carry over  ( ) Drop\n\
         Macro for late parcels · 3rd day\n\
         ( ) Done  (•) Carry over  ( ) Drop\n\
         Dee's stuck: Call back Mrs Ortiz · due by 14:00\n\
         ( ) Done  (•) Carry over  ( ) Drop\n\
         What unstuck it? ‹If it is done. One line; it is shown to the next person with the same problem.›\n\
         []\n\
         ‹On your list already: Macro for late parcels›\n\
         Your priorities this shift ‹One a line; what carries over is kept for you.›\n\
         [Write the sale macro]\n\
         ‹On your list too; edit it in the DM: two lines›\n\
         What are you stuck on? ‹Leave it empty if nothing.›\n\
         []\n\
         What help do you need?\n\
         []\n\
         Who could help? ‹If you know.›\n\
         [person]\n\
         How much help is it?\n\
         ( ) A minute or less  (•) More than a minute\n\
         [Add another stuck]\n\
         ‹Seen by everyone in #C0SUPPORT. Paste the ticket link, not customer details.›"
    );
    let modal = Modal::read("form", view["private_metadata"].as_str().unwrap()).unwrap();
    let Modal::Form { opened, sets, .. } = modal else { panic!() };
    assert_eq!((opened.len(), opened[0].0.as_str(), sets), (1, "p4", 1));
}

#[test]
fn the_form_of_a_first_day_and_with_stucks() {
    let mut shown = check_in();
    let mut quick = own_stuck("s1", "which macro?", Some(Size::Minute));
    quick.helper = Some("U0BEN".into());
    shown.stucks = vec![quick.clone(), own_stuck("s2", &"x".repeat(3001), None)];
    shown.last_text = "phones".to_owned();
    let view = form(&FormInput { check_in: shown.clone(), sets: 3 });
    let said = lines(&view["blocks"]);
    assert!(said.starts_with("Your priorities last shift: done or not done? ‹In your own words."), "{said}");
    assert!(said.contains("[phones]") && said.contains("[which macro?]") && said.contains("[U0BEN]"), "{said}");
    assert!(said.contains("(•) A minute or less  ( ) More than a minute"), "{said}");
    assert!(said.contains("What are you stuck on? ‹Too long for this box and kept as it is; edit it in the DM.›\n[]"));
    let ids: Vec<&str> = view["blocks"].as_array().unwrap().iter().filter_map(|it| it["block_id"].as_str()).collect();
    assert!(ids.contains(&format!("stuck:{}:what", set_name(&quick)).as_str()) && ids.contains(&"stuck:new1:size"));

    let view = form(&FormInput { check_in: shown, sets: 10 });
    let said = lines(&view["blocks"]);
    assert!(!said.contains("Add another") && said.contains("‹That's ten. To raise one more"), "{said}");
}
