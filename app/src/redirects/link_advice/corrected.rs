//! The corrected link: the same page with its parameters as they were meant, if the policy allows the targets that changed.

use url::form_urlencoded;

use super::{
    LinkAdvice, Reading,
    param::{Param, decoded_name},
};
use crate::redirects::{DirectLink, Environment, Instance, LinkParams, Page, Refusal, Timestamp, misspelling::meant, policy};

impl Reading {
    pub(super) fn finish(self, instance: &Instance, link: &DirectLink, now: Option<Timestamp>) -> LinkAdvice {
        let Self { mut advice, params, mut ignored, is_fixed } = self;
        // Beside the parameter that it means, a misspelled one only confuses.
        ignored.retain(|pair| meant(link.flow(), &decoded_name(pair)).is_none());
        // A visitor's own page in development is a ground that nobody knows here.
        let is_fine = |param: &Param| match policy::check_at(instance, link.flow(), None, now, &param.value) {
            Ok(_) => true,
            Err(refused) => refused.reason == Refusal::Foreign && instance.environment() == Environment::Development,
        };
        let is_offered = params.iter().filter(|param| param.is_changed && LinkParams::REDIRECTS.contains(&param.name)).all(is_fine);
        if is_fixed && is_offered {
            let mut query = form_urlencoded::Serializer::new(String::new());
            for param in params.iter().filter(|param| !param.value.is_empty()) {
                query.append_pair(param.name, &param.value);
            }
            // In a fragment, a # may stand as it is. In the query it would end the query.
            let ignored = ignored.iter().map(|pair| pair.replace('#', "%23"));
            let query: Vec<String> = [query.finish()].into_iter().chain(ignored).filter(|part| !part.is_empty()).collect();
            let page = link.flow().page().map_or("", Page::path);
            let mark = if query.is_empty() { "" } else { "?" };
            let corrected = format!("{}{page}{mark}{}", instance.portal_origin().as_str(), query.join("&"));
            advice.corrected = Some(corrected).filter(|corrected| DirectLink::parse(instance, corrected).is_ok());
        } else if !link.wrappers.is_empty() {
            advice.corrected = Some(link.url.to_string());
        }
        advice
    }
}
