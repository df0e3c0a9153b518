//! A connection on which every byte is the test's own.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use super::PATIENCE;

/// A connection that speaks HTTP/1.1 by hand, over TCP or what lies on it.
pub struct RawConnection<S = TcpStream> {
    stream: S,
    /// What came and was not asked for yet.
    ahead: Vec<u8>,
}

/// An answer as it came.
#[derive(Debug)]
pub struct RawAnswer {
    pub status: u16,
    /// The head, in lower case.
    pub head: String,
    pub body: Vec<u8>,
}

impl RawAnswer {
    pub fn header(&self, name: &str) -> Option<&str> {
        let value = |line: &'_ str| line.split_once(':').is_some_and(|(found, _)| found == name);
        let line = self.head.lines().find(|line| value(line))?;
        line.split_once(':').map(|(_, value)| value.trim())
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

impl RawConnection {
    pub fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self::over(stream)
    }

    /// Reads the next answer if some of it has come; does not wait for one.
    pub fn answer_if_there(&mut self) -> Option<RawAnswer> {
        let mut bytes = [0; 16 * 1024];
        self.stream.set_nonblocking(true).unwrap();
        let read = self.stream.read(&mut bytes);
        self.stream.set_nonblocking(false).unwrap();
        match read {
            Ok(count) => self.ahead.extend_from_slice(&bytes[..count]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return None,
            Err(error) => panic!("no answer: {error}"),
        }
        Some(self.answer())
    }

    /// Whether the server has closed the connection, found out without waiting.
    pub fn is_closed(&mut self) -> bool {
        self.stream.set_nonblocking(true).unwrap();
        let closed = match self.stream.read(&mut [0; 1024]) {
            Ok(count) => count == 0,
            Err(error) => error.kind() != ErrorKind::WouldBlock,
        };
        self.stream.set_nonblocking(false).unwrap();
        closed
    }

    /// Waits until the server closes the connection and says nothing more.
    pub fn wait_until_closed(&mut self, within: Duration) {
        self.stream.set_read_timeout(Some(within)).unwrap();
        match self.stream.read(&mut [0; 1024]) {
            Ok(0) => {}
            Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
            other => panic!("the connection was not closed within {within:?}: {other:?}"),
        }
    }
}

impl<S: Read + Write> RawConnection<S> {
    /// A connection that is there already.
    pub fn over(stream: S) -> Self {
        Self { stream, ahead: Vec::new() }
    }

    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// Reads the next answer, which has to say how long it is.
    pub fn answer(&mut self) -> RawAnswer {
        let end = loop {
            if let Some(place) = self.ahead.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                break place + 4;
            }
            assert!(self.read_more(), "the connection ended within a head: {:?}", self.ahead_as_text());
        };
        let head: Vec<u8> = self.ahead.drain(..end).collect();
        let head = String::from_utf8(head).unwrap().to_ascii_lowercase();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let mut answer = RawAnswer { status, head, body: Vec::new() };
        let length = match answer.header("content-length") {
            Some(length) => length.parse().unwrap(),
            None => 0,
        };
        if answer.header("transfer-encoding") == Some("chunked") {
            answer.body = self.chunks();
            return answer;
        }
        while self.ahead.len() < length {
            assert!(self.read_more(), "the connection ended within a body");
        }
        answer.body = self.ahead.drain(..length).collect();
        answer
    }

    fn chunks(&mut self) -> Vec<u8> {
        let mut body = Vec::new();
        loop {
            let length = usize::from_str_radix(self.line().trim(), 16).unwrap();
            while self.ahead.len() < length + 2 {
                assert!(self.read_more(), "the connection ended within a chunk");
            }
            body.extend(self.ahead.drain(..length));
            self.ahead.drain(..2);
            if length == 0 {
                return body;
            }
        }
    }

    fn line(&mut self) -> String {
        loop {
            if let Some(place) = self.ahead.iter().position(|&byte| byte == b'\n') {
                return String::from_utf8(self.ahead.drain(..=place).collect()).unwrap();
            }
            assert!(self.read_more(), "the connection ended within a line");
        }
    }

    fn read_more(&mut self) -> bool {
        let mut bytes = [0; 16 * 1024];
        match self.stream.read(&mut bytes) {
            Ok(count) => {
                self.ahead.extend_from_slice(&bytes[..count]);
                count > 0
            }
            Err(error) => panic!("no answer: {error}; so far: {:?}", self.ahead_as_text()),
        }
    }

    fn ahead_as_text(&self) -> String {
        String::from_utf8_lossy(&self.ahead).into_owned()
    }
}
