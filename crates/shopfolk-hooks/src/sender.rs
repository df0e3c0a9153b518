//! Sending one webhook and hearing what the receiver says.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use rustls::RootCertStore;
use shopfolk_model::{AddressPolicy, Timestamp, is_delivered};
use tokio::time::{Instant, timeout, timeout_at};

use crate::connector::{Connector, Resolver, UnreachableReceiver};
use crate::spelled_head::{SpelledHead, Spelling};
use crate::turns::EACH;
use crate::{InvalidReceiverUrl, ReceiverUrl};

/// So many bytes of the body of an answer are kept.
pub const KEPT_OF_AN_ANSWER: usize = 4 * 1024;
/// And so long.
const UNUSED_LIMIT: Duration = Duration::from_secs(20);

/// How long a receiver may take.
#[derive(Debug, Clone, Copy)]
pub struct SenderLimits {
    /// For the name, the connection and its encryption together.
    pub connect: Duration,
    /// From the request to the whole answer, as far as it is kept.
    pub answer: Duration,
}

impl Default for SenderLimits {
    fn default() -> Self {
        Self { connect: Duration::from_secs(3), answer: Duration::from_secs(10) }
    }
}

/// A webhook as it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookRequest {
    /// Where to.
    pub url: ReceiverUrl,
    /// The headers, in their spelling; `Host` and `Content-Length` come from the others.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

/// What a receiver said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The first bytes of the body, [`KEPT_OF_AN_ANSWER`] at the most.
    pub body: Bytes,
}

impl Answer {
    /// Whether it says that the receiver has it.
    pub const fn is_delivered(&self) -> bool {
        is_delivered(self.status)
    }

    /// How long the receiver wants to be left alone from now on, where it says so: in seconds or until a date (RFC 9110, 10.2.3).
    pub fn retry_after(&self, now: Timestamp) -> Option<Duration> {
        let text = self.headers.get(http::header::RETRY_AFTER)?.to_str().ok()?.trim();
        if let Ok(seconds) = text.parse() {
            return Some(Duration::from_secs(seconds));
        }
        let date = httpdate::parse_http_date(text).ok()?.duration_since(SystemTime::UNIX_EPOCH).ok()?;
        let now = Duration::from_secs(u64::try_from(now.unix_seconds()).unwrap_or(0));
        Some(date.saturating_sub(now))
    }
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum SendFailure {
    /// Nothing is sent to such a URL.
    #[error("nothing is sent there: {0}")]
    Url(#[from] InvalidReceiverUrl),
    /// A header of the app is none.
    #[error("'{0}' is no header")]
    Header(String),
    /// There is no connection.
    #[error(transparent)]
    Unreachable(#[from] UnreachableReceiver),
    /// There is none in time.
    #[error("no connection within {0:?}")]
    ConnectTimeout(Duration),
    /// The answer did not come in time.
    #[error("no answer within {0:?}")]
    AnswerTimeout(Duration),
    /// What came is no answer, or the connection broke.
    #[error("no answer: {0}")]
    Broken(hyper::Error),
    /// The answer came too late.
    #[error("an answer came after {:.1} seconds, too late: status {status}", took.as_secs_f32())]
    Late {
        /// Its status.
        status: u16,
        /// When it came.
        took: Duration,
    },
    /// It was not sent, so that the app can be tried with that.
    #[error("dropped by the lab")]
    Dropped,
}

/// Sends webhooks. Redirects are not followed.
pub struct Sender {
    connector: Connector,
    limits: SenderLimits,
    unused: Mutex<UnusedConnections>,
}

/// With whom a connection is.
type Receiver = (bool, String);

/// Connections that wait for the next webhooks: for each receiver as many as there are webhooks on their way to it.
struct UnusedConnections {
    receivers: HashMap<Receiver, Vec<Unused>>,
    /// When those of receivers that get nothing more were looked for.
    looked_through: Instant,
}

impl UnusedConnections {
    fn take(&mut self, receiver: &Receiver) -> Option<Link> {
        let links = self.receivers.get_mut(receiver)?;
        let found = std::iter::from_fn(|| links.pop())
            .find(|unused| unused.since.elapsed() < UNUSED_LIMIT && unused.link.requests.is_ready());
        found.map(|unused| unused.link)
    }

    fn keep(&mut self, receiver: Receiver, link: Link) {
        let now = Instant::now();
        let links = self.receivers.entry(receiver).or_default();
        if links.len() < EACH {
            links.push(Unused { link, since: now });
        }
        if now.duration_since(self.looked_through) > UNUSED_LIMIT {
            self.looked_through = now;
            self.receivers.retain(|_, links| {
                links.retain(|unused| now.duration_since(unused.since) < UNUSED_LIMIT);
                !links.is_empty()
            });
        }
    }
}

/// A connection that waits for the next webhook.
struct Unused {
    link: Link,
    since: Instant,
}

/// A connection with a receiver.
struct Link {
    requests: SendRequest<Full<Bytes>>,
    spelling: Spelling,
}

impl Sender {
    /// One that sends to what this policy allows, and trusts these authorities besides those of the system.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(
        policy: AddressPolicy,
        resolver: std::sync::Arc<dyn Resolver>,
        trusted: RootCertStore,
        limits: SenderLimits,
    ) -> Result<Self, rustls::Error> {
        let connector = Connector::new(policy, resolver, trusted)?;
        let unused = UnusedConnections { receivers: HashMap::new(), looked_through: Instant::now() };
        Ok(Self { connector, limits, unused: Mutex::new(unused) })
    }

    /// Sends a webhook, once.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn send(&self, request: &WebhookRequest) -> Result<Answer, SendFailure> {
        self.send_patiently(request, self.limits.answer).await
    }

    /// Sends a webhook, once, and waits for so long for the answer, so that it can be said when it came: one that comes later than
    /// there is time is none.
    ///
    /// # Errors
    /// When there is no answer, or it is late.
    pub async fn send_patiently(
        &self,
        request: &WebhookRequest,
        patience: Duration,
    ) -> Result<Answer, SendFailure> {
        let names = spelled_names(&request.headers);
        let receiver = (request.url.is_https(), request.url.authority());
        if let Some(link) = self.take_unused(&receiver) {
            match self.exchange(link, request, names.clone(), &receiver, patience).await {
                // The receiver may have closed it just then, which says nothing of this webhook.
                Err(SendFailure::Broken(error)) if !error.is_parse() => {}
                outcome => return outcome,
            }
        }
        let connect = self.limits.connect;
        let link = timeout(connect, self.connect(&request.url))
            .await
            .unwrap_or(Err(SendFailure::ConnectTimeout(connect)))?;
        self.exchange(link, request, names, &receiver, patience).await
    }

    async fn connect(&self, url: &ReceiverUrl) -> Result<Link, SendFailure> {
        let spelling = Spelling::default();
        let connection = SpelledHead::new(self.connector.connect(url).await?, spelling.clone());
        let (requests, driver) = http1::Builder::new()
            .max_headers(100)
            .handshake(TokioIo::new(connection))
            .await
            .map_err(SendFailure::Broken)?;
        // It ends with the last of `requests`; what goes wrong is said there.
        tokio::spawn(driver);
        Ok(Link { requests, spelling })
    }

    async fn exchange(
        &self,
        mut link: Link,
        webhook: &WebhookRequest,
        names: Vec<String>,
        receiver: &Receiver,
        patience: Duration,
    ) -> Result<Answer, SendFailure> {
        let request = http_request(webhook)?;
        let began = Instant::now();
        let deadline = began + patience;
        link.spelling.begin(names);
        let response = timeout_at(deadline, link.requests.send_request(request))
            .await
            .map_err(|_| SendFailure::AnswerTimeout(patience))?
            .map_err(SendFailure::Broken)?;
        let took = began.elapsed();
        if took > self.limits.answer {
            return Err(SendFailure::Late { status: response.status().as_u16(), took });
        }
        let (answer, is_whole) = read(response, deadline).await;
        if is_whole {
            self.keep_unused(receiver.clone(), link);
        }
        Ok(answer)
    }

    fn take_unused(&self, receiver: &Receiver) -> Option<Link> {
        self.unused.lock().unwrap_or_else(PoisonError::into_inner).take(receiver)
    }

    fn keep_unused(&self, receiver: Receiver, link: Link) {
        self.unused.lock().unwrap_or_else(PoisonError::into_inner).keep(receiver, link);
    }
}

/// How the names of headers are spelt on the wire.
fn spelled_names(headers: &[(String, String)]) -> Vec<String> {
    let own = ["Host", "Content-Length"].map(str::to_owned);
    headers.iter().map(|(name, _)| name.clone()).chain(own).collect()
}

fn http_request(webhook: &WebhookRequest) -> Result<Request<Full<Bytes>>, SendFailure> {
    let no_header = |name: &str| SendFailure::Header(name.to_owned());
    let mut request = Request::new(Full::new(Bytes::from(webhook.body.clone())));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = webhook.url.target().parse().map_err(|_| no_header("the path of the URL"))?;
    let headers = request.headers_mut();
    let host = HeaderValue::try_from(webhook.url.authority()).map_err(|_| no_header("Host"))?;
    headers.insert(http::header::HOST, host);
    for (name, value) in &webhook.headers {
        let of_webhook = HeaderName::try_from(name).map_err(|_| no_header(name))?;
        headers.append(of_webhook, HeaderValue::try_from(value).map_err(|_| no_header(name))?);
    }
    Ok(request)
}

/// Reads an answer as far as it is kept, and says whether that was all of it. What does not come in time is left out: the
/// status says what the receiver did.
async fn read(response: Response<Incoming>, deadline: Instant) -> (Answer, bool) {
    let (head, mut body) = response.into_parts();
    let mut kept = Vec::new();
    let is_whole = loop {
        match timeout_at(deadline, body.frame()).await {
            Ok(None) => break true,
            Ok(Some(Ok(frame))) => {
                let room = KEPT_OF_AN_ANSWER.saturating_sub(kept.len());
                let data = frame.into_data().unwrap_or_default();
                kept.extend_from_slice(data.get(..room).unwrap_or(&data));
                if data.len() > room {
                    break false;
                }
            }
            Ok(Some(Err(_))) | Err(_) => break false,
        }
    };
    (Answer { status: head.status.as_u16(), headers: head.headers, body: kept.into() }, is_whole)
}
