//! What the people of the demo do when they are asked, day by day.

use Move::{Press, Resolve, Say, Take, Tick, Wait};

/// One thing that somebody does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// Tick these lines of the last shift (as many as there are, from the first).
    Tick(usize),
    Say(&'static str),
    /// Press the newest button of this label in the direct message.
    Press(&'static str),
    /// Be busy with customers for so many minutes.
    Wait(i64),
    /// Take what is open in the channel.
    Take,
    /// Resolve what was taken, with what unstuck it.
    Resolve(&'static str),
}

const ALL: usize = 10;
const NOTHING: Move = Press("Nothing stuck");

/// Day 0 is the day before yesterday, day 2 is today; the days after that are ordinary ones.
pub fn part(person: &str, day: usize) -> &'static [Move] {
    match day {
        0 => day_before(person),
        1 => yesterday(person),
        2 => today(person),
        day if day % 2 == 1 => one_day(person),
        _ => another_day(person),
    }
}

fn day_before(person: &str) -> &'static [Move] {
    match person {
        "U0ANA" => &[Say("Review the EU refunds\nMacro for late parcels"), NOTHING],
        "U0BEN" => &[Say("Chat 9 to 12\nTrain Eli on returns"), NOTHING],
        "U0CLEO" => &[Say("Callback list\nHelp article on returns"), NOTHING],
        "U0DEE" => &[Say("Phones\nParcels to Norway"), NOTHING],
        "U0ELI" => &[Say("E-mail queue under 80"), NOTHING],
        "U0OMAR" => &[Say("Chat until six\nNotes for Night"), NOTHING],
        "U0PIA" => &[Say("Marketplace returns"), NOTHING],
        "U0RUI" => &[NOTHING],
        "U0SAM" => &[Say("Night mails, oldest first"), NOTHING],
        "U0TESS" => &[Say("Bounce list\nWeekly report"), NOTHING],
        _ => &[],
    }
}

/// Eli's stuck is taken and resolved by Ben.
fn yesterday(person: &str) -> &'static [Move] {
    match person {
        "U0ANA" => &[Tick(1), Say("Clear the refund backlog\nCall back Mrs Ortiz"), NOTHING],
        "U0BEN" => &[
            Tick(ALL),
            Say("Chat 9 to 12\nReview 20 refunds"),
            NOTHING,
            Wait(8),
            Take,
            Wait(25),
            Resolve("The print queue had hung: restarted it on the print server"),
        ],
        "U0CLEO" => &[Tick(1), Say("Callback list, first half\nTidy the tags"), NOTHING],
        "U0DEE" => &[Tick(1), Say("Phones until lunch"), NOTHING],
        "U0ELI" => &[
            Tick(ALL),
            Say("E-mail queue under 50"),
            Press("I'm stuck"),
            Say("The label printer in the warehouse is offline, who can restart it?"),
            Press("More than a minute"),
            Wait(60),
            Press("Yes, thanks"),
        ],
        "U0OMAR" => &[Tick(ALL), Say("Phones until six\nNotes for Night"), NOTHING],
        "U0PIA" => &[Tick(ALL), Say("Marketplace claims"), NOTHING],
        "U0RUI" => &[Say("Returns desk"), NOTHING],
        "U0SAM" => &[Tick(ALL), Say("Night mails, refunds first"), NOTHING],
        "U0TESS" => &[Tick(1), NOTHING],
        _ => &[],
    }
}

/// Ana's answer is the newcomer's.
fn today(person: &str) -> &'static [Move] {
    match person {
        "U0BEN" => &[Tick(ALL), Say("Chat 9 to 12\nReview 20 more refunds"), NOTHING],
        "U0CLEO" => &[
            Tick(2),
            Say("Callback list, second half"),
            Press("I'm stuck"),
            Say("Refund tool says 403 for EU orders, need someone with admin"),
            Press("More than a minute"),
        ],
        "U0DEE" => &[
            Tick(ALL),
            Say("Phones until lunch"),
            Press("I'm stuck"),
            Say("Which macro for a lost parcel in Norway?"),
            Press("A minute or less"),
        ],
        "U0ELI" => &[Tick(ALL), NOTHING, Say("E-mail queue under 30")],
        "U0OMAR" => &[Tick(1), Say("Chat until six"), NOTHING],
        "U0PIA" => &[Tick(ALL), Say("Marketplace returns\nCheck the claims of May"), NOTHING],
        "U0RUI" => &[Tick(ALL), NOTHING],
        "U0SAM" => &[Tick(ALL), Say("Night mails, oldest first"), NOTHING],
        "U0TESS" => &[Tick(ALL), Say("Bounce list"), NOTHING],
        _ => &[],
    }
}

fn one_day(person: &str) -> &'static [Move] {
    match person {
        "U0BEN" => &[Tick(ALL), Say("Chat 12 to 3\nRefunds over 100"), NOTHING],
        "U0CLEO" => &[Tick(ALL), Say("Help article on exchanges"), NOTHING],
        "U0DEE" => &[Tick(ALL), Say("Phones, all day"), NOTHING],
        "U0ELI" => &[Tick(ALL), Say("E-mail queue under 20"), NOTHING],
        "U0OMAR" => &[Tick(ALL), Say("Phones until six\nNotes for Night"), NOTHING],
        "U0PIA" => &[Tick(ALL), Say("Marketplace claims"), NOTHING],
        "U0SAM" => &[Tick(ALL), Say("Night mails, refunds first"), NOTHING],
        "U0RUI" | "U0TESS" => &[Tick(ALL), NOTHING],
        _ => &[],
    }
}

fn another_day(person: &str) -> &'static [Move] {
    match person {
        "U0BEN" => &[Tick(1), Say("Chat 9 to 12"), NOTHING],
        "U0CLEO" => &[Tick(ALL), Say("Callback list"), NOTHING],
        "U0DEE" => &[Tick(ALL), Say("Parcels to Norway"), NOTHING],
        "U0ELI" => &[Tick(ALL), NOTHING],
        "U0OMAR" => &[Tick(1), Say("Chat until six"), NOTHING],
        "U0PIA" => &[Tick(ALL), Say("Marketplace returns"), NOTHING],
        "U0SAM" => &[Tick(ALL), Say("Night mails, oldest first"), NOTHING],
        "U0TESS" => &[Tick(ALL), Say("Weekly report"), NOTHING],
        "U0RUI" => &[Tick(ALL), NOTHING],
        _ => &[],
    }
}
