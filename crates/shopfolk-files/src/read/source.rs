//! The bytes of a file.

use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How much of a file is looked at to tell what it is, and which fields it has.
const HEAD: u64 = 4 << 20;
/// How much is read at once.
const BUFFER: usize = 1 << 20;

/// A file, or another stream of bytes, of which the beginning was looked at.
pub struct Source {
    pub(crate) head: Vec<u8>,
    rest: Box<dyn Read + Send>,
    /// How many bytes there are, where that is known.
    pub(crate) size: Option<u64>,
}

impl Source {
    /// The one of these bytes; `size` is how many there are, where that is known.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn new(mut input: impl Read + Send + 'static, size: Option<u64>) -> io::Result<Self> {
        let mut head = Vec::new();
        input.by_ref().take(HEAD).read_to_end(&mut head)?;
        Ok(Self { head, rest: Box::new(input), size })
    }

    /// All of its bytes, and how many of them were read so far.
    pub(crate) fn into_reader(self) -> (impl BufRead + Send + 'static, Arc<AtomicU64>) {
        let read = Arc::new(AtomicU64::new(0));
        let all = Cursor::new(self.head).chain(self.rest);
        (BufReader::with_capacity(BUFFER, Counted { inner: all, read: Arc::clone(&read) }), read)
    }
}

struct Counted<R> {
    inner: R,
    read: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.inner.read(buffer)?;
        self.read.fetch_add(length as u64, Ordering::Relaxed);
        Ok(length)
    }
}
