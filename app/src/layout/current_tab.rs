//! The script that brings the present tab into sight where not all tabs fit.

/// Scrolls the tabs, and nothing else, so that the present one is seen. It belongs into the `<head>`.
pub const CURRENT_TAB: &str = "addEventListener(\"DOMContentLoaded\",()=>{\
    const tab=document.querySelector(\".tabs [aria-current]\");\
    if(tab){const list=tab.closest(\"ul\");list.scrollLeft=tab.offsetLeft-(list.clientWidth-tab.offsetWidth)/2}})";
