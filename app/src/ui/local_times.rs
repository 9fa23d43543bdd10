//! The script that shows times in the reader's time zone.

/// Rewrites each time that [`super::text::moment`] writes, and puts the time in UTC into its tooltip. The server does not know the reader's
/// time zone. It also does so for times that come into the page later. It belongs into the `<head>`.
pub const LOCAL_TIMES: &str = "addEventListener(\"DOMContentLoaded\",()=>{\
    const localize=()=>{for(const time of document.querySelectorAll(\"time[datetime$=Z]:not([title])\")){\
    const at=new Date(time.dateTime);\
    time.title=time.textContent;\
    time.textContent=new Date(at-at.getTimezoneOffset()*60000).toISOString().slice(0,16).replace(\"T\",\" \")}};\
    localize();\
    new MutationObserver(localize).observe(document.body,{childList:true,subtree:true})})";
