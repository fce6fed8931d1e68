//! Which ids of a signal a plugin can be told of anybody. The values that a plugin declares enter, and those that
//! a site tells apart.

use cloakroom_plugin_host::SignalUse;
use cloakroom_vocabulary::{SiteValues, SiteVocabulary};

/// By id, `any` included: whether somebody can have it. On a site, what no value of the site comes to is nobody's.
/// Without one, every declared value is somebody's, and `other` is, unless the plugin declares all values of a
/// signal whose values are the same on every site.
pub(crate) fn told(used: &SignalUse, site: Option<&SiteVocabulary>) -> Vec<bool> {
    let size = usize::from(used.any()) + 1;
    let mut told = vec![site.is_none(); size];
    let everywhere = SiteVocabulary::new(&SiteValues::default()).ok();
    let closed = everywhere.as_ref().filter(|_| used.signal().is_closed());
    if let Some(other) = told.get_mut(usize::from(used.other())) {
        *other = site.is_none() && closed.is_none();
    }
    for vocabulary in [site, closed].into_iter().flatten() {
        let hierarchy = vocabulary.hierarchy(used.signal());
        for id in used.ids(hierarchy) {
            if let Some(told) = told.get_mut(usize::from(id)) {
                *told = true;
            }
        }
    }
    if let Some(any) = told.last_mut() {
        *any = true;
    }
    told
}
