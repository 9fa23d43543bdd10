//! `/check-mail`: where an instance requires a confirmed email address, a sign-up or sign-in goes on here with the code of a mail. Opening
//! its link only shows a page, because scanners of mail open links too. The visitor's link waits on the server, and is resolved again at
//! the end.

use app::{
    credentials::{code::Code, token::Token},
    portal::{
        confirmation::{self, Confirmed, Pending, Place, Unconfirmed},
        form::CheckMailForm,
        identity::IdentityError,
        view::{self, FormError, Notice},
    },
    redirects::{CHECK_MAIL, Flow},
};
use axum::{
    http::{HeaderMap, StatusCode},
    response::Response,
};

use super::{form::VisitorForm, page_request::PageRequest};
use crate::portal::rate_limits::VisitorAttempt;

const HEADING: &str = "Check your mail";

/// `GET /check-mail`
pub(super) async fn show(request: PageRequest, headers: HeaderMap) -> Response {
    let code = request.parameter("code").as_deref().and_then(Code::parse);
    let is_sent_again = request.done().as_deref() == Some("sent");
    match pending(request, &headers).await {
        Ok(Waiting::Here(request, _, pending)) => {
            let body = view::check_mail(request.address(), &pending, code, is_sent_again, None);
            request.show(HEADING, body)
        }
        Ok(Waiting::Elsewhere(request)) => request.show(HEADING, view::other_browser(request.address(), code)),
        Err(response) => response,
    }
}

/// `POST /check-mail`: the code, or the wish for another mail.
pub(super) async fn post(request: PageRequest, headers: HeaderMap, form: VisitorForm<CheckMailForm>) -> Result<Response, Response> {
    let form = form.read(&request)?;
    let (request, browser, pending) = match pending(request, &headers).await? {
        Waiting::Here(request, browser, pending) => (request, browser, pending),
        Waiting::Elsewhere(request) => {
            let mut response = request.show(HEADING, view::other_browser(request.address(), Code::parse(&form.code)));
            *response.status_mut() = StatusCode::GONE;
            return Err(response);
        }
    };
    let done = match form.again {
        Some(_) => ask_again(&request, &pending).await.map(|()| request.redirect(&request.address().done_at(CHECK_MAIL, "sent"))),
        None => finish(&request, &browser, &form.code).await,
    };
    done.map_err(|error| {
        let body = view::check_mail(request.address(), &pending, None, false, Some((&error, form.code)));
        request.show_rejected(HEADING, &error, body)
    })
}

async fn ask_again(request: &PageRequest, pending: &Pending) -> Result<(), FormError> {
    request.take_mail(&pending.email_address).await?;
    let page = request.check_mail_page();
    Ok(request.write(confirmation::ask_again(&request.context.pool, request.snapshot.id, pending, &page)).await?)
}

async fn finish(request: &PageRequest, browser: &Token, code: &str) -> Result<Response, FormError> {
    request.refuse_passwords()?;
    request.context.limits.take(VisitorAttempt::EnterCode(request.client.address)).await?;
    let finishing = confirmation::finish(&request.context.pool, request.snapshot.id, browser, code, &request.client);
    let Confirmed { token, is_new } = request.write(finishing).await?;
    let mut response = request.finish_sign_in(&token, if is_new { Flow::SignUp } else { Flow::SignIn });
    request.cookies.remove_confirming_browser(response.headers_mut());
    Ok(response)
}

/// Where a sign-up or sign-in waits for its code.
enum Waiting {
    /// In this browser. The request has the parameters of the link that it began with.
    Here(PageRequest, Token, Pending),
    /// In another one, or nowhere any more.
    Elsewhere(PageRequest),
}

async fn pending(request: PageRequest, headers: &HeaderMap) -> Result<Waiting, Response> {
    // Nothing in this address is a parameter of the visitor's link: that one is stored.
    let request = request.with_link(String::new());
    let Some(browser) = request.cookies.confirming_browser(headers) else { return Ok(Waiting::Elsewhere(request)) };
    match request.read(confirmation::pending(&request.context.pool, request.snapshot.id, &browser)).await {
        Ok(Some(pending)) => Ok(Waiting::Here(request.with_link(pending.link.clone()), browser, pending)),
        Ok(None) => Ok(Waiting::Elsewhere(request)),
        Err(_) => Err(request.notice(Notice::Unavailable)),
    }
}

impl PageRequest {
    /// Has a mail sent with a code, and leads to the page that takes it.
    pub(super) async fn confirm_first(&self, headers: &HeaderMap, person: &Unconfirmed) -> Result<Response, FormError> {
        if !self.context.sends_mail {
            let message = "Your email address must be confirmed first, and this site can't send mail right now. Try again later.";
            return Err(IdentityError::field("", message).into());
        }
        self.take_mail(person.email_address()).await?;
        let earlier = self.cookies.confirming_browser(headers);
        let browser = Token::new().map_err(IdentityError::from)?;
        let page = self.check_mail_page();
        let place = Place { browser: &browser, earlier: earlier.as_ref(), address: self.client.address, link: self.query(), page: &page };
        self.write(confirmation::begin(&self.context.pool, self.snapshot.id, person, place)).await?;
        let mut response = self.redirect(&self.address().to_check_mail());
        self.cookies.set_confirming_browser(response.headers_mut(), &browser);
        Ok(response)
    }

    /// Uses one mail to that address.
    async fn take_mail(&self, recipient: &str) -> Result<(), FormError> {
        let (instance, address) = (self.snapshot.id, self.client.address);
        Ok(self.context.limits.take(VisitorAttempt::AskForMail { instance, recipient, address }).await?)
    }

    /// The page that takes the code, for a mail: without the link's parameters, which are stored.
    fn check_mail_page(&self) -> String {
        self.external_url(CHECK_MAIL)
    }
}
