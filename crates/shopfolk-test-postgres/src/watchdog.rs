//! What ends a server when the process that started it is gone.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

/// A shell that waits for the end of its input, which comes when this process ends in any way, and then does what it was
/// told.
#[derive(Debug)]
pub(crate) struct Watchdog {
    shell: Child,
    input: Option<ChildStdin>,
}

impl Watchdog {
    /// Has this command run, and this directory removed, when the process is gone.
    pub(crate) fn over(end: &Command, directory: &Path) -> Self {
        let words = std::iter::once(end.get_program()).chain(end.get_args());
        let mut shell = Command::new("sh")
            .args([
                "-c",
                "cat >/dev/null; directory=$1; shift; \"$@\" >/dev/null 2>&1; until rm -rf \"$directory\"; do sleep 1; done",
                "sh",
            ])
            .arg(directory)
            .args(words)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // A signal to this process and all it has started, such as Ctrl-C, must not end the shell before its work.
            .process_group(0)
            .spawn()
            .expect("cannot start sh");
        let input = shell.stdin.take();
        Self { shell, input }
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        drop(self.input.take());
        // What it was to do is done when it has ended; nothing is left to do when it cannot be waited for.
        let _ = self.shell.wait();
    }
}
