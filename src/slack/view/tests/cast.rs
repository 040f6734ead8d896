//! The people and facts of messages.md: Tier 1, Early shift 06:00 to 14:00 in New York, Friday 23 May 2025.

use crate::rules::check_in::Mark;
use crate::rules::id::{CheckInId, HuddleId, PriorityId, StuckId, TeamId, Ts};
use crate::rules::people::Person;
use crate::rules::shown::{
    CheckInShown, CheckInState, DigestShown, Filed, LastLine, LastShift, Line, OwnStuck, PersonShown, PersonState,
    StuckShown, TakenLine, TypedLine,
};
use crate::rules::stuck::{Size, State, Stuck};

pub const ZONE: &str = "America/New_York";

/// That Friday at a New York time.
pub fn at(clock: &str) -> i64 {
    let civil: jiff::civil::DateTime = format!("2025-05-23T{clock}:00").parse().unwrap();
    civil.in_tz(ZONE).unwrap().timestamp().as_millisecond()
}

pub fn check_in() -> CheckInShown {
    CheckInShown {
        id: "c1".into(),
        person: "U0ANA".into(),
        name: "Ana".to_owned(),
        team: "Tier 1".to_owned(),
        shift: "Early".to_owned(),
        channel: "C0SUPPORT".into(),
        zone: ZONE.to_owned(),
        starts_at: at("06:00"),
        digest_at: at("06:30"),
        digest_posted: false,
        last: None,
        last_text: String::new(),
        lines: Vec::new(),
        stucks: Vec::new(),
        managers: vec![manager("U0JESS", "Jess")],
        state: CheckInState::Asked,
        superseded: false,
        nothing: false,
        form_sent: false,
    }
}

pub fn manager(id: &str, name: &str) -> Person {
    Person { id: id.into(), name: name.to_owned(), zone: ZONE.to_owned(), deleted: false }
}

pub fn last(id: &str, text: &str, age: i64) -> LastLine {
    LastLine { id: PriorityId::from(id), text: text.to_owned(), mark: Mark::None, age, taken: None }
}

pub fn line(id: &str, text: &str, carried: bool) -> Line {
    Line { id: PriorityId::from(id), text: text.to_owned(), carried, taken: None }
}

pub fn taken(asker: &str) -> Option<TakenLine> {
    Some(TakenLine { stuck: StuckId::from("s9"), asker: asker.to_owned(), due_at: Some(at("14:00")), done: false })
}

pub fn thursday() -> LastShift {
    let lines = vec![
        last("p1", "Clear refund backlog", 1),
        last("p2", "Macro for late parcels", 3),
        last("p3", "Call back Mrs Ortiz", 1),
    ];
    LastShift { date: "2025-05-22".to_owned(), days_ago: 1, lines }
}

pub fn own_stuck(id: &str, what: &str, size: Option<Size>) -> OwnStuck {
    OwnStuck {
        id: StuckId::from(id),
        what: what.to_owned(),
        help: String::new(),
        helper: None,
        size,
        has_thread: false,
        open: true,
    }
}

pub fn typed(said: &str, line: i64, text: &str, filed: Filed) -> TypedLine {
    TypedLine { said: Ts::from(said), line, text: text.to_owned(), lines: 1, filed }
}

pub fn stuck(id: &str, place: i64, asker: &str, what: &str, help: &str) -> StuckShown {
    let stuck = Stuck {
        id: StuckId::from(id),
        team: TeamId::from("t"),
        huddle: HuddleId::from("h"),
        check_in: CheckInId::from("c1"),
        asker: format!("U0{}", asker.to_uppercase()).as_str().into(),
        place,
        what: what.to_owned(),
        help: help.to_owned(),
        helper: None,
        size: Some(Size::More),
        source: None,
        follows: true,
        raised_at: at("06:10"),
        opened_at: None,
        edited: false,
        state: State::Open,
        last_taker: None,
        escalated_by: None,
        logs: 0,
        version: 1,
    };
    StuckShown {
        stuck,
        asker: asker.to_owned(),
        helper: None,
        by: None,
        escalated_to: Vec::new(),
        link: None,
        zone: ZONE.to_owned(),
    }
}

/// Ana's, with its help thread.
pub fn refund() -> StuckShown {
    let mut shown = stuck("s1", 0, "Ana", "Refund tool says 403 for EU orders.", "someone with admin");
    shown.stuck.opened_at = Some(at("06:30"));
    shown.link = Some("https://acme.slack.com/archives/C0SUPPORT/p1".to_owned());
    shown
}

pub fn norway() -> StuckShown {
    let mut shown = stuck("s2", 1, "Dee", "which macro for a lost parcel in Norway?", "");
    shown.stuck.size = Some(Size::Minute);
    shown
}

pub fn taken_by_ben(mut shown: StuckShown) -> StuckShown {
    shown.stuck.state = State::Taken { by: "U0BEN".into(), at: at("06:34"), due_at: at("14:00") };
    shown.by = Some("Ben".to_owned());
    shown
}

pub fn resolved_by_ben(mut shown: StuckShown, outcome: &str) -> StuckShown {
    shown.stuck.state = State::Resolved { by: "U0BEN".into(), at: at("07:10"), outcome: outcome.to_owned() };
    shown.by = Some("Ben".to_owned());
    shown
}

pub fn person(place: i64, name: &str, done: usize, carried: usize, lines: &[&str]) -> PersonShown {
    PersonShown {
        check_in: CheckInId(format!("c{place}")),
        place,
        name: name.to_owned(),
        state: PersonState::Answered { late: false },
        done,
        carried,
        last_text: String::new(),
        lines: lines.iter().map(|text| line("p", text, false)).collect(),
        stuck_not_said: false,
    }
}

pub fn friday() -> DigestShown {
    let mut people = vec![
        person(0, "Ana", 2, 1, &["EU refunds", "sale macro"]),
        person(1, "Ben", 3, 0, &["Chat 9–12", "review 20 refunds"]),
        person(3, "Dee", 2, 0, &["Phones", "Norway parcels"]),
        person(2, "Cleo", 1, 2, &["Callback list", "help article \"returns\""]),
        person(4, "Eli", 4, 0, &["E-mail queue under 50"]),
        person(5, "Fay", 0, 1, &["Sale macro test"]),
        person(6, "Gus", 0, 0, &[]),
        person(7, "Hana", 0, 0, &[]),
    ];
    people[6].state = PersonState::NotYet;
    people[7].state = PersonState::Away;
    DigestShown {
        huddle: HuddleId::from("h"),
        team: "Tier 1".to_owned(),
        shift: "Early".to_owned(),
        date: "2025-05-23".to_owned(),
        zone: ZONE.to_owned(),
        people,
        stucks: vec![norway(), refund()],
        skipped: Vec::new(),
        start_later: 0,
        first: None,
    }
}
