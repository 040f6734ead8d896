//! What one would write at first: the cron crate finds the starts by itself, in the zone. It skips a day that has no such hour, and fires
//! twice on a day that has it twice.

/// Stands at the end of `src/rules/shift.rs`.
pub const FIRES: &str = r#"
fn fires(pattern: &Pattern, zone: &TimeZone, after: i64) -> impl Iterator<Item = Occurrence> {
    let seconds = if pattern.text.split_whitespace().count() == 5 { "0 " } else { "" };
    let schedule = cron::Schedule::from_str(&format!("{seconds}{}", pattern.text)).expect("it was read before");
    let after = chrono::DateTime::from_timestamp_millis(after).expect("an instant").with_timezone(&InZone(zone.clone()));
    schedule.after_owned(after).map(|at| Occurrence {
        date: jiff::civil::date(at.year() as i16, at.month() as i8, at.day() as i8),
        start: at.timestamp_millis(),
    })
}

/// A zone of jiff's for chrono.
#[derive(Clone, Debug)]
struct InZone(TimeZone);

#[derive(Clone, Debug)]
struct Offset(InZone, chrono::FixedOffset);

impl chrono::Offset for Offset {
    fn fix(&self) -> chrono::FixedOffset {
        self.1
    }
}

impl InZone {
    fn offset(&self, offset: jiff::tz::Offset) -> Offset {
        Offset(self.clone(), chrono::FixedOffset::east_opt(offset.seconds()).expect("an offset"))
    }
}

impl chrono::TimeZone for InZone {
    type Offset = Offset;

    fn from_offset(offset: &Offset) -> InZone {
        offset.0.clone()
    }

    fn offset_from_local_date(&self, date: &NaiveDate) -> chrono::MappedLocalTime<Offset> {
        self.offset_from_local_datetime(&date.and_time(chrono::NaiveTime::MIN))
    }

    fn offset_from_local_datetime(&self, at: &chrono::NaiveDateTime) -> chrono::MappedLocalTime<Offset> {
        let second = Timestamp::from_second(at.and_utc().timestamp()).expect("an instant");
        match self.0.to_ambiguous_timestamp(TimeZone::UTC.to_datetime(second)).offset() {
            AmbiguousOffset::Unambiguous { offset } => chrono::MappedLocalTime::Single(self.offset(offset)),
            AmbiguousOffset::Gap { .. } => chrono::MappedLocalTime::None,
            AmbiguousOffset::Fold { before, after } => {
                chrono::MappedLocalTime::Ambiguous(self.offset(before), self.offset(after))
            }
        }
    }

    fn offset_from_utc_date(&self, date: &NaiveDate) -> Offset {
        self.offset_from_utc_datetime(&date.and_time(chrono::NaiveTime::MIN))
    }

    fn offset_from_utc_datetime(&self, at: &chrono::NaiveDateTime) -> Offset {
        self.offset(self.0.to_offset(Timestamp::from_second(at.and_utc().timestamp()).expect("an instant")))
    }
}
"#;
