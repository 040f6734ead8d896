//! slack-morphism's calls over reqwest: a base URL, answers of a bounded length, and no body in any
//! error.

use std::time::{Duration, Instant};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use reqwest::header::HeaderMap;
use reqwest::{RequestBuilder, Response, StatusCode};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use slack_morphism::errors::*;
use slack_morphism::multipart_form::FileMultipartData;
use slack_morphism::prelude::{SlackApiToken, SlackClientId, SlackClientSecret};
use slack_morphism::{ClientResult, SlackClientApiCallContext, SlackClientHttpConnector, SlackEnvelopeMessage};
use url::Url;

use super::address::Address;
use super::way;

/// Nothing of Slack's is longer, neither a page of a history nor an envelope.
pub(super) const LONGEST_ANSWER: usize = 4 << 20;

/// Whoever sends more than that is not heard out, whatever it was that was answered.
#[derive(Debug, thiserror::Error)]
#[error("an answer that is too long")]
pub(super) struct TooLong;

/// How long a call takes.
pub(super) struct Stopwatch(Instant);

impl Stopwatch {
    pub(super) fn start() -> Stopwatch {
        Stopwatch(Instant::now())
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

#[derive(Clone, Debug)]
pub(super) struct Transport {
    pub(super) http: reqwest::Client,
    pub(super) address: Address,
}

impl Transport {
    pub(super) fn new(address: Address) -> anyhow::Result<Transport> {
        Ok(Transport { http: way::client(address.is_here())?, address })
    }

    /// auth.test, with the scopes, which stand in a header of the answer.
    pub(super) async fn auth_test<T: DeserializeOwned>(&self, token: &SlackApiToken) -> ClientResult<(T, Vec<String>)> {
        let uri = self.create_method_uri_path("auth.test")?;
        let (headers, body) = exchange(self.http.post(uri), Some(token)).await?;
        let scopes = headers.get("x-oauth-scopes").and_then(|scopes| scopes.to_str().ok()).unwrap_or_default();
        let scopes = scopes.split(',').map(|scope| scope.trim().to_owned()).filter(|scope| !scope.is_empty()).collect();
        Ok((read(&headers, &body)?, scopes))
    }

    async fn send<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
        token: Option<&SlackApiToken>,
    ) -> ClientResult<T> {
        let (headers, body) = exchange(request, token).await?;
        read(&headers, &body)
    }
}

/// Sends and reads to the end. A connection that was never made is told apart: then nothing can have been done.
async fn exchange(request: RequestBuilder, token: Option<&SlackApiToken>) -> ClientResult<(HeaderMap, String)> {
    let request = match token {
        Some(token) => request.bearer_auth(&token.token_value.0),
        None => request,
    };
    let answer = request.send().await.map_err(unanswered)?;
    let (status, headers) = (answer.status(), answer.headers().clone());
    if status == StatusCode::TOO_MANY_REQUESTS {
        return Err(rate_limited(&headers));
    }
    if !status.is_success() {
        return Err(SlackClientError::HttpError(SlackClientHttpError::new(status)));
    }
    Ok((headers, read_whole(answer).await?))
}

async fn read_whole(mut answer: Response) -> ClientResult<String> {
    let mut body = Vec::new();
    while let Some(piece) = answer.chunk().await.map_err(unanswered)? {
        if body.len() + piece.len() > LONGEST_ANSWER {
            return Err(no_answer(TooLong));
        }
        body.extend_from_slice(&piece);
    }
    Ok(String::from_utf8(body).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
}

fn unanswered(error: reqwest::Error) -> SlackClientError {
    if error.is_builder() || error.is_connect() {
        return SlackClientError::SystemError(SlackClientSystemError::new().with_message(way::cause(error)));
    }
    no_answer(error.without_url())
}

fn no_answer(cause: impl std::error::Error + Send + Sync + 'static) -> SlackClientError {
    SlackClientError::HttpProtocolError(SlackClientHttpProtocolError::new().with_cause(Box::new(cause)))
}

/// With what Slack asks for, word for word: how much of it is heeded depends on the method.
fn rate_limited(headers: &HeaderMap) -> SlackClientError {
    let asked = headers.get("retry-after").map(|asked| String::from_utf8_lossy(asked.as_bytes()).trim().to_owned());
    SlackClientError::RateLimitError(SlackRateLimitError::new().opt_code(asked))
}

fn read<T: DeserializeOwned>(headers: &HeaderMap, body: &str) -> ClientResult<T> {
    let unreadable = |error| map_serde_error(error, None);
    // A response_url answers "ok".
    if body.trim() == "ok" {
        return serde_json::from_str("{}").map_err(unreadable);
    }
    let envelope: SlackEnvelopeMessage = serde_json::from_str(body).map_err(unreadable)?;
    match envelope.error {
        Some(code) if matches!(code.as_str(), "ratelimited" | "rate_limited") => Err(rate_limited(headers)),
        Some(code) => Err(SlackClientError::ApiError(SlackClientApiError::new(code))),
        None if !envelope.ok => Err(SlackClientError::ApiError(SlackClientApiError::new("fatal_error".into()))),
        None => serde_json::from_str(body).map_err(unreadable),
    }
}

impl SlackClientHttpConnector for Transport {
    fn create_method_uri_path(&self, method: &str) -> ClientResult<Url> {
        Ok(self.address.of_method(method)?)
    }

    fn http_get_uri<'a, T>(&'a self, uri: Url, context: SlackClientApiCallContext<'a>) -> BoxFuture<'a, ClientResult<T>>
    where
        T: for<'de> Deserialize<'de> + Send + 'a,
    {
        async move { self.send(self.http.get(uri), context.token).await }.boxed()
    }

    fn http_get_with_client_secret<'a, T>(
        &'a self,
        uri: Url,
        id: &'a SlackClientId,
        secret: &'a SlackClientSecret,
    ) -> BoxFuture<'a, ClientResult<T>>
    where
        T: for<'de> Deserialize<'de> + Send + 'a,
    {
        async move { self.send(self.http.get(uri).basic_auth(&id.0, Some(&secret.0)), None).await }.boxed()
    }

    fn http_post_uri<'a, Q, T>(
        &'a self,
        uri: Url,
        body: &'a Q,
        context: SlackClientApiCallContext<'a>,
    ) -> BoxFuture<'a, ClientResult<T>>
    where
        Q: Serialize + Send + Sync,
        T: for<'de> Deserialize<'de> + Send + 'a,
    {
        async move { self.send(self.http.post(uri).json(body), context.token).await }.boxed()
    }

    fn http_post_uri_multipart_form<'a, 'p, T, P, S>(
        &'a self,
        _uri: Url,
        _file: Option<FileMultipartData<'p>>,
        _params: &'p P,
        _context: SlackClientApiCallContext<'a>,
    ) -> BoxFuture<'a, ClientResult<T>>
    where
        T: for<'de> Deserialize<'de> + Send + 'a,
        P: IntoIterator<Item = (&'p str, Option<S>)> + Clone,
        S: AsRef<str> + 'p + Send,
    {
        // Only the retired files.upload uses it.
        let error = SlackClientSystemError::new().with_message("Slack retired uploads by form".into());
        std::future::ready(Err(SlackClientError::SystemError(error))).boxed()
    }

    fn http_post_uri_binary<'a, 'p, T>(
        &'a self,
        uri: Url,
        content_type: String,
        data: &'a [u8],
        context: SlackClientApiCallContext<'a>,
    ) -> BoxFuture<'a, ClientResult<T>>
    where
        T: for<'de> Deserialize<'de> + Send + 'a,
    {
        let request = self.http.post(uri).header("content-type", content_type).body(data.to_vec());
        async move { self.send(request, context.token).await }.boxed()
    }
}
