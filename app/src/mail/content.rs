//! What a mail says, found out when it is sent. So the answer to a form never depends on whether there is an account, and codes and tokens
//! are stored as hashes only.

use sqlx::{PgConnection, PgPool};

use super::{
    MailKind,
    store::{DueMail, recipients},
    text::{Message, Text, short_name},
};
use crate::{
    admins::store::{
        accounts,
        links::{self, Purpose},
    },
    credentials::{code::Code, email::Email, token::Token},
    database::{begin_in_background, no_random_bytes},
    portal::{
        codes::{self, CONFIRMATION_HOURS, RESET_HOURS},
        confirmation::{self, CodeFor},
        organizations::{self, INVITATION_DAYS},
    },
    redirects::{CHECK_MAIL, FORGOT_PASSWORD, Page},
    ui::text::in_hours,
};

/// Whom the dashboard's mails are from.
pub(super) const DASHBOARD: &str = "Portal Redirects";

/// The message of a mail that is due; `None` if there is nothing to say: no such account, a closed instance, an invitation that was
/// withdrawn.
///
/// # Errors
/// A query fails, or the system gives no random bytes.
pub async fn content(pool: &PgPool, mail: &DueMail) -> sqlx::Result<Option<Message>> {
    let (Some(kind), Ok(recipient)) = (mail.kind, mail.recipient.parse::<Email>()) else { return Ok(None) };
    let mut transaction = begin_in_background(pool).await?;
    let message = match (kind, mail.instance) {
        (MailKind::VisitorReset, Some(instance)) => visitor_reset(&mut transaction, instance, &recipient, &mail.page).await?,
        (MailKind::VisitorPasswordChanged, Some(instance)) => {
            visitor_password_changed(&mut transaction, instance, &recipient, &mail.page).await?
        }
        (MailKind::VisitorConfirmation, Some(instance)) => visitor_confirmation(&mut transaction, instance, &recipient, &mail.page).await?,
        (MailKind::OrganizationInvitation, Some(instance)) => match mail.organization {
            Some(organization) => organization_invitation(&mut transaction, instance, organization, &recipient, &mail.page).await?,
            None => None,
        },
        (MailKind::PendingConfirmation, Some(instance)) => match mail.pending {
            Some(pending) => pending_confirmation(&mut transaction, instance, pending, &recipient, &mail.page).await?,
            None => None,
        },
        (MailKind::AdminReset, None) => admin_reset(&mut transaction, &recipient, &mail.page).await?,
        (MailKind::AdminPasswordChanged, None) => admin_password_changed(&mut transaction, &recipient, &mail.page).await?,
        (MailKind::AdminInvitation, None) => match mail.invitation {
            Some(invitation) => admin_invitation(&mut transaction, invitation, &recipient, &mail.page).await?,
            None => None,
        },
        _ => None,
    };
    transaction.commit().await?;
    Ok(message)
}

/// The message of a test mail.
pub(super) fn test(recipient: &Email) -> Message {
    let text = Text {
        from: DASHBOARD.to_owned(),
        subject: "Test mail of Portal Redirects".to_owned(),
        lead: "This is a test. Portal Redirects can send mail to this address.".to_owned(),
        rest: vec!["An admin has pressed \"Send a test mail\" in the dashboard. You don't have to do anything.".to_owned()],
        ..Text::default()
    };
    text.message(recipient.as_str(), Vec::new())
}

async fn visitor_reset(connection: &mut PgConnection, instance: i64, email: &Email, page: &str) -> sqlx::Result<Option<Message>> {
    let Some(name) = recipients::instance_name(connection, instance).await? else { return Ok(None) };
    let Some(visitor) = recipients::visitor_with_password(connection, instance, email.as_str()).await? else { return Ok(None) };
    let code = Code::new().map_err(no_random_bytes)?;
    codes::store(connection, visitor, codes::Purpose::Reset, email.as_str(), &code).await?;
    let text = Text {
        subject: format!("Choose a new password for {name}"),
        lead: format!("Somebody has asked to choose a new password for your account at {name}. If it was you, follow this link."),
        link: Some(("Choose a new password", with_parameter(page, "code", &code.to_string()))),
        code: Some(code.to_string()),
        rest: vec![
            format!("The link and the code work once, within {}.", in_hours(RESET_HOURS)),
            "If it was not you, ignore this mail. Your password stays as it is.".to_owned(),
        ],
        from: name,
    };
    Ok(Some(text.message(email.as_str(), vec![code.to_string()])))
}

async fn visitor_confirmation(connection: &mut PgConnection, instance: i64, email: &Email, page: &str) -> sqlx::Result<Option<Message>> {
    let Some(name) = recipients::instance_name(connection, instance).await? else { return Ok(None) };
    let Some(visitor) = recipients::visitor(connection, instance, email.as_str()).await? else { return Ok(None) };
    let code = Code::new().map_err(no_random_bytes)?;
    codes::store(connection, visitor, codes::Purpose::Confirmation, email.as_str(), &code).await?;
    let text = Text {
        subject: format!("Confirm your email address for {name}"),
        lead: format!("Your account at {name} has this email address. Follow this link in the browser that you are signed in with."),
        link: Some(("Confirm the address", with_parameter(page, "code", &code.to_string()))),
        code: Some(code.to_string()),
        rest: vec![
            format!("The link and the code work once, within {}.", in_hours(CONFIRMATION_HOURS)),
            "If you have no account there, ignore this mail. Nobody can confirm the address without it.".to_owned(),
        ],
        from: name,
    };
    Ok(Some(text.message(email.as_str(), vec![code.to_string()])))
}

/// The mail before a sign-up or sign-in. Where a sign-up has the address of an account, its owner is told and gets no code.
async fn pending_confirmation(
    connection: &mut PgConnection,
    instance: i64,
    pending: i64,
    email: &Email,
    page: &str,
) -> sqlx::Result<Option<Message>> {
    let Some(name) = recipients::instance_name(connection, instance).await? else { return Ok(None) };
    let code = Code::new().map_err(no_random_bytes)?;
    let Some(purpose) = confirmation::store_code(connection, instance, pending, &code).await? else { return Ok(None) };
    let what = match purpose {
        CodeFor::SignUp => "sign up",
        CodeFor::SignIn => "sign in",
        CodeFor::Nobody => return Ok(Some(account_exists(name, email, page))),
    };
    let text = Text {
        subject: format!("Confirm your email address for {name}"),
        lead: format!("Somebody wants to {what} at {name} with this email address. If it was you, follow this link in the same browser."),
        link: Some(("Confirm the address", with_parameter(page, "code", &code.to_string()))),
        code: Some(code.to_string()),
        rest: vec![
            format!("The link and the code work once, within {}, and only in the browser where this began.", in_hours(CONFIRMATION_HOURS)),
            "If it was not you, ignore this mail, and give the code to nobody.".to_owned(),
        ],
        from: name,
    };
    Ok(Some(text.message(email.as_str(), vec![code.to_string()])))
}

/// The mail to the owner of an account whose address somebody has signed up with.
fn account_exists(name: String, email: &Email, page: &str) -> Message {
    let portal = page.strip_suffix(CHECK_MAIL).unwrap_or(page);
    let text = Text {
        subject: format!("You already have an account at {name}"),
        lead: format!("Somebody wants to sign up at {name} with this email address. It has an account already, so nothing has changed."),
        link: Some(("Sign in", format!("{portal}{}", Page::SignIn.path()))),
        rest: vec![
            format!("If it was you and you have forgotten the password, choose a new one: {portal}{FORGOT_PASSWORD}"),
            "If it was not you, ignore this mail.".to_owned(),
        ],
        from: name,
        ..Text::default()
    };
    text.message(email.as_str(), Vec::new())
}

async fn organization_invitation(
    connection: &mut PgConnection,
    instance: i64,
    (organization, inviter): (i64, i64),
    email: &Email,
    page: &str,
) -> sqlx::Result<Option<Message>> {
    let Some(name) = recipients::instance_name(connection, instance).await? else { return Ok(None) };
    let code = Code::new().map_err(no_random_bytes)?;
    let Some(invitation) = organizations::store_invitation(connection, organization, inviter, email, &code).await? else { return Ok(None) };
    let (inviter, organization) = (short_name(&invitation.inviter), short_name(&invitation.organization));
    let text = Text {
        subject: format!("You are invited to {organization} at {name}"),
        lead: format!("{inviter} invites you to {organization} at {name}."),
        link: Some(("Join the organization", with_parameter(page, "code", &code.to_string()))),
        rest: vec![format!(
            "The link works once, within {}. If you don't know the sender, ignore this mail.",
            in_hours(INVITATION_DAYS * 24)
        )],
        from: name,
        ..Text::default()
    };
    Ok(Some(text.message(email.as_str(), vec![code.to_string()])))
}

async fn visitor_password_changed(
    connection: &mut PgConnection,
    instance: i64,
    email: &Email,
    page: &str,
) -> sqlx::Result<Option<Message>> {
    let Some(name) = recipients::instance_name(connection, instance).await? else { return Ok(None) };
    if recipients::visitor(connection, instance, email.as_str()).await?.is_none() {
        return Ok(None);
    }
    let text = Text {
        subject: format!("Your password for {name} was changed"),
        lead: format!("The password of your account at {name} was changed, and its other sessions have ended."),
        rest: vec![format!("If it was not you, choose a new password at once: {page}")],
        from: name,
        ..Text::default()
    };
    Ok(Some(text.message(email.as_str(), Vec::new())))
}

async fn admin_reset(connection: &mut PgConnection, email: &Email, page: &str) -> sqlx::Result<Option<Message>> {
    if accounts::find(&mut *connection, email).await?.is_none() {
        return Ok(None);
    }
    let token = links::create_reset_by_mail(connection, email).await?;
    let text = Text {
        from: DASHBOARD.to_owned(),
        subject: "Choose a new password for Portal Redirects".to_owned(),
        lead: "Somebody has asked to choose a new password for your account of the dashboard. If it was you, follow this link.".to_owned(),
        link: Some(("Choose a new password", with_parameter(page, "token", &token.secret()))),
        rest: vec![
            format!("The link works once, within {}. It ends all open sessions.", in_hours(Purpose::RESET_HOURS)),
            "If it was not you, ignore this mail. Your password stays as it is.".to_owned(),
        ],
        ..Text::default()
    };
    Ok(Some(text.message(email.as_str(), vec![token.secret()])))
}

async fn admin_password_changed(connection: &mut PgConnection, email: &Email, page: &str) -> sqlx::Result<Option<Message>> {
    if accounts::find(&mut *connection, email).await?.is_none() {
        return Ok(None);
    }
    let text = Text {
        from: DASHBOARD.to_owned(),
        subject: "Your password for Portal Redirects was changed".to_owned(),
        lead: "The password of your account of the dashboard was changed, and its other sessions have ended.".to_owned(),
        rest: vec![format!("If it was not you, choose a new password at once: {page}")],
        ..Text::default()
    };
    Ok(Some(text.message(email.as_str(), Vec::new())))
}

async fn admin_invitation(connection: &mut PgConnection, invitation: i64, email: &Email, page: &str) -> sqlx::Result<Option<Message>> {
    let token = Token::new().map_err(no_random_bytes)?;
    let Some(recipients::Invitation { maker, role, instance }) = recipients::invitation(connection, invitation, &token).await? else {
        return Ok(None);
    };
    let text = Text {
        from: DASHBOARD.to_owned(),
        subject: format!("You are invited to {instance}"),
        lead: format!("{maker} invites you to {instance}, as {role}."),
        link: Some(("Accept the invitation", with_parameter(page, "token", &token.secret()))),
        rest: vec![format!(
            "The link works once, within {}. If you don't know the sender, ignore this mail.",
            in_hours(Purpose::INVITATION_HOURS)
        )],
        ..Text::default()
    };
    Ok(Some(text.message(email.as_str(), vec![token.secret()])))
}

fn with_parameter(page: &str, name: &str, value: &str) -> String {
    let mark = if page.contains('?') { '&' } else { '?' };
    format!("{page}{mark}{name}={value}")
}
