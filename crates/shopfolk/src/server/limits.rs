//! How many connections the system allows.

use std::num::NonZeroU32;

/// How many connections may be open where nobody says.
const USUAL: NonZeroU32 = NonZeroU32::MIN.saturating_add(19_999);
/// Files that are open beside connections: the database with its log, refused connections, and some to spare.
const OTHER_FILES: u64 = 512;

/// Raises the limit of open files as far as it goes, and answers how many connections fit in: as many as are wanted, or the
/// usual number. It warns when fewer fit than somebody wants.
pub(crate) fn connections_that_fit(wanted: Option<NonZeroU32>) -> NonZeroU32 {
    let most = wanted.unwrap_or(USUAL);
    let files = match rlimit::increase_nofile_limit(u64::MAX) {
        Ok(files) => files,
        Err(error) => {
            tracing::warn!(%error, "cannot find out how many files may be open");
            return most;
        }
    };
    let fitting = fit(most, files);
    match wanted {
        Some(wanted) if fitting < wanted => tracing::warn!(
            wanted,
            connections = fitting,
            files,
            "the limit of open files allows fewer connections: raise it (ulimit -n, LimitNOFILE=) to serve more"
        ),
        _ => tracing::debug!(connections = fitting, files, "the most connections at once"),
    }
    fitting
}

fn fit(wanted: NonZeroU32, files: u64) -> NonZeroU32 {
    let fitting = files.saturating_sub(OTHER_FILES).max(files / 4);
    let fitting = u32::try_from(fitting).ok().and_then(NonZeroU32::new).unwrap_or(NonZeroU32::MAX);
    wanted.min(fitting)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_room_for_other_files() {
        let fitting = |wanted, files| fit(NonZeroU32::new(wanted).unwrap(), files).get();
        assert_eq!(fitting(20_000, 1_048_576), 20_000);
        assert_eq!(fitting(20_000, u64::MAX), 20_000);
        assert_eq!(fitting(20_000, 4_096), 3_584);
        assert_eq!(fitting(20_000, 256), 64);
        assert_eq!(fitting(10, 256), 10);
    }
}
