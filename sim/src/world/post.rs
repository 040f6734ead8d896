//! What Slack delivers: to a replica, again, late or not at all.

use sandbox::{Parcel, Submitted, Told};

use super::{Kept, World};
use crate::Weather;
use crate::check;
use crate::trouble::NextCall;

fn unable(failure: &anyhow::Error) -> String {
    format!("P3 an acknowledged answer survives: what Slack delivered could not be dealt with: {failure:#}")
}

impl World {
    /// Slack hands one parcel to a replica.
    pub(super) async fn deliver(&mut self) -> Kept {
        let first = self.run.weather == Weather::Fair || self.chance.below(3) > 0;
        let place = if first { 0 } else { self.chance.below(self.post.len()) };
        let parcel = self.post.remove(place);
        let bot = self.replicas.iter().flatten().map(|replica| replica.bot.clone()).collect::<Vec<_>>();
        let Some(bot) = self.chance.one(&bot).cloned() else {
            self.slack.unacknowledged(&parcel.id);
            return Ok(());
        };
        if self.stormy() && self.chance.in_1000(15) {
            // It never arrived.
            self.slack.unacknowledged(&parcel.id);
            return Ok(());
        }
        let often = self.plan.faults / 4;
        self.trouble("", NextCall::Other, often);
        let handled = bot.receive(&parcel.envelope).await;
        self.figures.deliveries += 1;
        self.no_trouble();
        // What does not concern the bot is not committed, and wakes nobody.
        let read = unstuck::slack::inbound::read(&parcel.envelope, &bot.bot_user);
        if !matches!(read.what, unstuck::slack::inbound::What::Ignored(_) | unstuck::slack::inbound::What::Closed) {
            self.hint();
        }
        if parcel.payload()["event"]["type"] == "user_change" {
            self.moves_are_heard().await?;
        }
        let handled = match handled {
            Ok(handled) => handled,
            // The database is well: whatever Slack delivers can be dealt with.
            Err(failure) => return Err(unable(&failure)),
        };
        if self.stormy() && self.chance.in_1000(15) {
            // Committed, and the acknowledgement was lost.
            self.slack.unacknowledged(&parcel.id);
            self.people.sending.remove(&parcel.id);
            self.old_post.push((self.now(), parcel));
            return Ok(());
        }
        let told = self.slack.acknowledged(&parcel.id, handled.payload);
        if let Some(after) = handled.after {
            after.await;
        }
        self.acknowledged(&parcel, told);
        let again = self.run.weather == Weather::TwiceEach || self.stormy() && self.chance.in_1000(30);
        self.old_post.push((self.now(), parcel.clone()));
        if again {
            self.replay(&parcel).await?;
        }
        Ok(())
    }

    /// What people may rely on from now on.
    fn acknowledged(&mut self, parcel: &Parcel, told: Option<Told>) {
        if let Some((who, sent)) = self.people.sending.remove(&parcel.id) {
            match told {
                Some(Told::Submitted(Submitted::Closed)) => self.people.sent.push(sent),
                _ => self.slack.closes(who),
            }
        }
        let event = &parcel.payload()["event"];
        if event["type"] != "message" {
            return;
        }
        let now = self.now();
        let of = |typed: &crate::people::Typed| {
            let subject = match event["subtype"].as_str() {
                Some("message_changed") => &event["message"]["ts"],
                Some("message_deleted") => &event["deleted_ts"],
                _ => &event["ts"],
            };
            *subject == typed.ts.as_str() && event["channel"] == typed.channel.as_str()
        };
        if let Some(typed) = self.people.typed.iter_mut().rev().find(|typed| of(typed)) {
            (typed.open, typed.heard_at) = (typed.open - 1, now);
        }
    }

    /// Any payload may arrive any number of times, and must change nothing.
    pub(super) async fn replay(&mut self, parcel: &Parcel) -> Kept {
        let bots = self.replicas.iter().flatten().map(|replica| replica.bot.clone()).collect::<Vec<_>>();
        let Some(bot) = self.chance.one(&bots).cloned() else { return Ok(()) };
        let before = check::print(&self.database).await?;
        let handled = bot.receive(&parcel.envelope).await.map_err(|failure| unable(&failure))?;
        if let Some(after) = handled.after {
            after.await;
        }
        self.figures.replays += 1;
        let after = check::print(&self.database).await?;
        if let Some((table, _)) = before.iter().zip(&after).find(|(before, after)| before != after) {
            return Err(format!("P7 replays change nothing: a payload that came again changed {}", table.0));
        }
        Ok(())
    }
}
