package catalogue

import (
	"slices"
	"strings"
	"testing"

	"github.com/mamen-ai/consentgate/internal/consent"
)

func TestFindCookieNamesTheService(t *testing.T) {
	c := builtinCatalogue(t)
	for want, names := range map[string]string{
		"ga4":              "_ga _ga_ABC123 _gid _gat _gat_UA-1-1 _gat_gtag_UA_1_1 FPID FPLC _dc_gtm_UA-1-1",
		"ga_ua":            "__utma __utmb __utmc __utmz __utmt __utmt_x __utmv",
		"google_ads":       "_gcl_au _gcl_aw _gac_UA-1-1 test_cookie",
		"gtm":              "_gcl_xx FPGSID",
		"adsense_gpt":      "__gads __gpi __eoi FCCDCF",
		"meta_pixel":       "_fbp _fbc",
		"tiktok_pixel":     "_ttp ttcsid ttcsid_C1 _tta_attr_id",
		"linkedin_insight": "li_fat_id bcookie UserMatchHistory",
		"pinterest_tag":    "_pin_unauth _pinterest_ct_ua _epik",
		"bing_uet":         "_uetsid _uetvid _uetvid_exp",
		"clarity":          "_clck _clsk CLID",
		"hotjar":           "_hjSession_1 _hjSessionUser_1 _hjIncludedInSample",
		"criteo":           "cto_bundle cto_bidid",
		"yandex_metrica":   "_ym_uid _ym_d _ym_isad _ym_visorc _ym_visorc_123 _ym_metrika_enabled_1 ymex",
		"yandex_varioqub":  "_ymab_param ymab_uid",
		"top_mailru":       "tmr_lvid tmr_lvidTS tmr_reqNum tmr_detect domain_sid",
		"rambler_top100":   "top100_id t3_sid_123 adtech_uid",
		"zero_kz":          "_zero_cc _zero_ss",
		"roistat":          "roistat_visit roistat_first_visit roistat_ab",
		"calltouch":        "_ct _ct_ids _ct_session_id _ct_site_id _ct_client_global_id call_s cted",
		"comagic_uis":      "_comagic_idAbC _cmg_csstAbC _comagic_ids_x",
		"callibri":         "clbvid v1_data_callibri callibri_x",
		"mango_office":     "mgo_sid mgo_uid mgo_x",
		"jivo":             "jv_enter_ts_x jv_visits_count_x",
		"bitrix24":         "b24_crm_guest_id b24_sitebutton_hello",
		"bitrix_cms_stat":  "BX_USER_ID BITRIX_SM_GUEST_ID BITRIX_CONVERSION_CONTEXT_s1",
		"carrotquest":      "carrotquest_uid carrotquest_session_started",
		"mindbox":          "mindboxDeviceUUID directCrm-session",
		"retailrocket":     "rcuid rrpvid",
		"matomo":           "_pk_id.1.1fff _pk_ses.1.1fff _pk_ref.1.1fff _pk_testcookie.1 mtm_consent",
		"piwik_pro":        "ppms_privacy_x stg_returning_visitor",
		"posthog":          "ph_phc_abc_posthog ph_x_window_id",
		"mixpanel":         "mp_abc_mixpanel mp_mixpanel__c",
		"amplitude":        "AMP_abc AMP_MKTG_abc amplitude_idmamen.ai",
		"segment":          "ajs_user_id ajs_anonymous_id",
		"heap":             "_hp2_id.1 _hp2_ses_props.1",
		"snowplow":         "_sp_id.1fff _sp_ses.1fff",
		"adobe_analytics":  "s_cc s_vi AMCV_X%40AdobeOrg kndctr_X_identity",
		"hubspot":          "hubspotutk __hstc __hssc __hssrc",
		"intercom":         "intercom-id-abc intercom-session-abc",
		"pardot":           "visitor_id123 visitor_id123-hash",
		"crisp":            "crisp-client/session/x",
		"vwo":              "_vwo_uuid _vis_opt_exp_1_combi",
		"optimizely":       "optimizelyEndUserId",
		"stripe":           "__stripe_mid __stripe_sid",
	} {
		for name := range strings.FieldsSeq(names) {
			if got := c.id(firstOwner(c.FindCookie(name, nil))); got != want {
				t.Errorf("FindCookie(%q) = %q, want %q", name, got, want)
			}
		}
	}
}

// A look-alike that is taken for a tracker's cookie breaks the site.
func TestFindCookieLeavesTheSitesOwnCookiesAlone(t *testing.T) {
	c := builtinCatalogue(t)
	for name := range strings.FieldsSeq(`PHPSESSID JSESSIONID ASP.NET_SessionId sessionid session sess sid SID uid UID guid id
		i m d mc sp bh MR SM VID csrftoken XSRF-TOKEN _csrf __Host-csrf laravel_session connect.sid remember_token
		token auth access_token refresh_token user user_id visitor visitor_id visitor_ids guest_id cart cart_id basket
		lang language locale currency theme cookieconsent privacy_choice last_visit first_visit player optout mid
		_gatekeeper _gatx _gallery _g _gac gat _gidx ga _gax FPIDx _fb _fbpx fbp _ymx _ym __utm __utmx_
		ct_checkjs ct_timestamp ct_sfw_pass_key ct_pointer_data apbct_site_landing_ts city country region
		wordpress_logged_in_x wp-settings-1 woocommerce_cart_hash wp_woocommerce_session_x comment_author_x
		BITRIX_SM_LOGIN BITRIX_SM_UIDL BITRIX_SM_SALE_UID BITRIX_SM_NCC MATOMO_SESSID PIWIK_SESSID phpbb3_x_sid
		ph_ posthog ph_posthog mp_ mixpanel amp ampx rr rrx sp_lang ob_x os_name mg_id mf ce_page aps_x stg_env
		remi tmr top100 t3_sid callibri jv b24 s_ccx mboxx _hj _hjOptOut _pk_id _pk_ses hstc intercom-id`) {
		if got := c.id(firstOwner(c.FindCookie(name, nil))); got != "" {
			t.Errorf("FindCookie(%q) = %q, want none", name, got)
		}
	}
	if got := firstOwner(c.FindCookie("", nil)); got != -1 {
		t.Errorf("a cookie without name is %d", got)
	}
}

func TestFindCookiePrefersTheMoreExactName(t *testing.T) {
	c, err := New([]Service{
		{ID: "short", Category: consent.Statistics, Cookies: []string{"abc*", "*xyz"}},
		{ID: "long", Category: consent.Statistics, Cookies: []string{"abcd*"}},
		{ID: "exact", Category: consent.Statistics, Cookies: []string{"abcde"}},
		{ID: "inner", Category: consent.Statistics, Cookies: []string{"abc*z_end"}},
		{ID: "mild", Category: consent.Statistics, Cookies: []string{"shared", "shared_*"}},
		{ID: "strict", Category: consent.Marketing, Cookies: []string{"shared", "shared_*"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"abc": "short", "abcx": "short", "abcd": "long", "abcdef": "long", "abcde": "exact",
		"abcd-z_end": "inner", "abcz_end": "inner", "abcd-z_end1": "long",
		"1xyz": "short", "xyz": "short", "abxyz1": "", "ab": "",
		"shared": "strict", "shared_1": "strict",
	} {
		if got := c.id(firstOwner(c.FindCookie(name, nil))); got != want {
			t.Errorf("FindCookie(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestIsVisitorID(t *testing.T) {
	c := builtinCatalogue(t)
	for _, test := range []struct {
		service, cookie string
		want            bool
	}{
		{"ga4", "_ga", true}, {"ga4", "_ga_ABC", false}, {"ga4", "_gid", false},
		{"matomo", "_pk_id.1.1fff", true}, {"matomo", "_pk_ses.1.1fff", false},
		{"yandex_metrica", "_ym_uid", true}, {"yandex_metrica", "_ym_d", false},
		{"posthog", "ph_phc_a_posthog", true}, {"posthog", "ph_phc_a_posthog2", false},
		{"zero_kz", "_zero_cc", true}, {"plausible", "_ga", false},
	} {
		if got := c.IsVisitorID(c.Index(test.service), test.cookie); got != test.want {
			t.Errorf("IsVisitorID(%s, %q) = %v", test.service, test.cookie, got)
		}
	}
}

func FuzzFindCookie(f *testing.F) {
	c := builtinCatalogue(f)
	f.Add("ph_phc_posthog_posthog")
	f.Fuzz(func(t *testing.T, name string) {
		got := firstOwner(c.FindCookie(name, nil))
		if got < 0 {
			return
		}
		for _, pattern := range c.Services()[got].Cookies {
			if g := newGlob(pattern, textEnd); g.match([]byte(name)) {
				return
			}
		}
		t.Fatalf("FindCookie(%q) = %s, none of whose names fits", name, c.id(got))
	})
}

// firstOwner returns the first index, or -1.
func firstOwner(found []int) int {
	if len(found) == 0 {
		return none
	}
	return found[0]
}

func TestServicesThatShareACookieAreAllFound(t *testing.T) {
	c := builtinCatalogue(t)
	for name, want := range map[string]string{
		"_ga":           "ga4 ga_ua",
		"_pk_id.1.abcd": "matomo piwik_pro",
		"_ga_ABC":       "ga4",
		"session":       "",
	} {
		var ids []string
		for _, i := range c.FindCookie(name, nil) {
			ids = append(ids, c.Services()[i].ID)
		}
		slices.Sort(ids)
		if got := strings.Join(ids, " "); got != want {
			t.Errorf("%s belongs to %q, want %q", name, got, want)
		}
	}
}
