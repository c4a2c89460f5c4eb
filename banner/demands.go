package banner

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// checkAsk refuses markup of the banner that doesn't ask as the policy demands, or
// with which the banner's script and style don't work. Its error says what to
// write.
func checkAsk(markup string, view Asked) error {
	elements, err := fragmentElements(markup)
	if err != nil {
		return err
	}
	for _, check := range []func(elements []*html.Node, view Asked) error{
		checkPanel, checkElements, checkForm, checkAnswers, checkLinks, checkBoxes, checkWordsShown,
	} {
		if err := check(elements, view); err != nil {
			return err
		}
	}
	return nil
}

// fragmentElements parses markup as a browser does and returns its elements in
// their order.
func fragmentElements(markup string) ([]*html.Node, error) {
	body := &html.Node{Type: html.ElementNode, Data: "body", DataAtom: atom.Body}
	top, err := html.ParseFragment(strings.NewReader(markup), body)
	if err != nil {
		return nil, err
	}
	for _, n := range top {
		body.AppendChild(n)
	}
	var elements []*html.Node
	for n := range body.Descendants() {
		if n.Type == html.ElementNode {
			elements = append(elements, n)
		}
	}
	return elements, nil
}

func checkPanel(elements []*html.Node, _ Asked) error {
	if len(elements) == 0 {
		return errors.New("it is empty")
	}
	panel := elements[0]
	labelled := attr(panel, "aria-labelledby") != "" || attr(panel, "aria-label") != ""
	if panel.Data != "div" || attr(panel, "role") != "region" || !labelled {
		return errors.New(`everything must lie in one <div role="region" aria-labelledby="…">: it is the panel`)
	}
	if id := attr(panel, "aria-labelledby"); id != "" && !slices.ContainsFunc(elements, func(n *html.Node) bool { return attr(n, "id") == id && words(n) != "" }) {
		return fmt.Errorf("the panel is labelled by %q, which no heading has as its id", id)
	}
	for _, n := range elements[1:] {
		if n.Data == "div" || n.Parent == panel.Parent {
			return fmt.Errorf("<%s>: there is one div, the panel, which holds everything: use section, p or span inside", n.Data)
		}
	}
	return nil
}

// checkElements refuses what a page's own policy would stop or what loads
// something.
func checkElements(elements []*html.Node, _ Asked) error {
	for _, n := range elements {
		switch n.Data {
		case "script", "style", "link", "meta", "base", "iframe", "object", "embed", "video", "audio", "source", "template", "svg", "math":
			return fmt.Errorf("<%s> has no place in it: styles go into the option css, pictures into img", n.Data)
		}
		for _, a := range n.Attr {
			switch {
			case strings.HasPrefix(a.Key, "on"), a.Key == "style", a.Key == "srcset", strings.HasPrefix(a.Key, "form"), a.Key == "autofocus", a.Key == "tabindex":
				return fmt.Errorf("<%s %s>: it must not have this attribute", n.Data, a.Key)
			case a.Key == "src" && !strings.HasPrefix(a.Val, "data:image/"):
				return fmt.Errorf("<%s src=%q>: only {{.Logo}} and data: pictures", n.Data, a.Val)
			}
		}
	}
	return nil
}

func checkForm(elements []*html.Node, view Asked) error {
	forms := slices.DeleteFunc(slices.Clone(elements), func(n *html.Node) bool { return n.Data != "form" })
	if len(forms) != 1 || !strings.EqualFold(attr(forms[0], "method"), "post") || attr(forms[0], "action") != "/.privacy/choice" {
		return errors.New(`it needs one <form method="post" action="/.privacy/choice">`)
	}
	if lang := field(elements, "lang"); lang == nil || attr(lang, "value") != view.Lang {
		return errors.New(`the form needs <input type="hidden" name="lang" value="{{.Lang}}">`)
	}
	var last *html.Node
	for n := range forms[0].ChildNodes() {
		if n.Type == html.ElementNode {
			last = n
		}
	}
	if last == nil || attr(last, "role") != "alert" || !has(last, "hidden") || words(last) != clean(view.Text.Failed) {
		return errors.New(`the form must end with <p role="alert" hidden>{{.Text.Failed}}</p>, which is shown when a choice can't be saved`)
	}
	return nil
}

// checkAnswers holds Accept and Refuse to be equal form controls on the first
// layer (policy 5.1.1).
func checkAnswers(elements []*html.Node, _ Asked) error {
	var answers []*html.Node
	var first string
	for _, n := range elements {
		if n.Data == "button" && attr(n, "name") == "choice" {
			if first == "" {
				first = attr(n, "value")
			}
			if v := attr(n, "value"); v == "accept" || v == "refuse" {
				answers = append(answers, n)
			}
		}
	}
	if len(answers) != 2 || attr(answers[0], "value") == attr(answers[1], "value") {
		return errors.New(`it needs one <button name="choice" value="refuse"> and one <button name="choice" value="accept">`)
	}
	for _, n := range answers {
		if words(n) == "" {
			return fmt.Errorf("the button %s says nothing", attr(n, "value"))
		}
		inForm := false
		for at := n; at != nil; at = at.Parent {
			inForm = inForm || at.Data == "form"
			if at.Data == "details" || at.Data == "dialog" || hides(at) || has(at, "disabled") {
				return fmt.Errorf("the button %s must be on the first layer: it lies in, or is, something hidden", attr(n, "value"))
			}
		}
		if !inForm {
			return fmt.Errorf("the button %s must lie in the form", attr(n, "value"))
		}
	}
	if answers[0].Parent != answers[1].Parent || shape(answers[0]) != shape(answers[1]) {
		return errors.New("refuse and accept must be siblings with the same attributes and elements but for value and text (policy 5.1.1)")
	}
	if first == "accept" {
		return errors.New("the form's first button answers to Enter in a checkbox: put save or refuse before accept")
	}
	return nil
}

// shape is what an element is apart from its value and its words.
func shape(n *html.Node) string {
	var out strings.Builder
	var write func(*html.Node)
	write = func(n *html.Node) {
		if n.Type != html.ElementNode {
			return
		}
		var attributes []string
		for _, a := range n.Attr {
			if a.Key != "value" {
				attributes = append(attributes, a.Key+"="+a.Val)
			}
		}
		slices.Sort(attributes)
		fmt.Fprintf(&out, "<%s %q", n.Data, attributes)
		for child := range n.ChildNodes() {
			write(child)
		}
		out.WriteString(">")
	}
	write(n)
	return out.String()
}

func checkLinks(elements []*html.Node, view Asked) error {
	if view.PolicyURL != "" && !leadsTo(elements, view.PolicyURL) {
		return errors.New(`it needs a link to the policy in view: <a href="{{.PolicyURL}}">{{.Policy}}</a>`)
	}
	if !leadsTo(elements, "/.privacy/") {
		return errors.New(`it needs a link to all settings in view: <a href="/.privacy/">{{.Text.Page}}</a>`)
	}
	return nil
}

func checkBoxes(elements []*html.Node, view Asked) error {
	for _, n := range elements {
		if has(n, "checked") || has(n, "selected") {
			return fmt.Errorf("<%s name=%q>: nothing is chosen for the visitor", n.Data, attr(n, "name"))
		}
	}
	for _, c := range view.Categories {
		if !slices.ContainsFunc(elements, func(n *html.Node) bool {
			return n.Data == "input" && attr(n, "type") == "checkbox" && attr(n, "name") == "allow" && attr(n, "value") == c.ID
		}) {
			return errors.New(`it needs a checkbox for each category: {{range .Categories}}<label><input type="checkbox" name="allow" value="{{.ID}}">…</label>{{end}}`)
		}
	}
	if !slices.ContainsFunc(elements, func(n *html.Node) bool {
		return n.Data == "button" && attr(n, "name") == "choice" && attr(n, "value") == "save"
	}) {
		return errors.New(`it needs <button name="choice" value="save"> for the checkboxes`)
	}
	return nil
}

// checkWordsShown wants what the policy has the visitor told (policy 3.2.6, 5,
// 7.2).
func checkWordsShown(elements []*html.Node, view Asked) error {
	if !strings.Contains(shownWords(elements[0], true), clean(view.Text.Text)) {
		return errors.New("it must show {{.Text.Text}} on the first layer, in nothing hidden: what is used for what, and that one can refuse")
	}
	opened := shownWords(elements[0], false)
	for _, news := range view.News {
		if !strings.Contains(opened, clean(news.Text)) {
			return errors.New("it must say why a visitor is asked again, in nothing hidden: {{range .News}}<p>{{.Text}}{{with .More}} <a href=\"/.privacy/#editions\">{{.}}</a>{{end}}</p>{{end}}")
		}
	}
	for _, term := range view.Terms {
		if !strings.Contains(opened, clean(term)) {
			return fmt.Errorf("it must show all terms, {{range .Terms}}{{.}} {{end}}, in nothing hidden: %q is missing", term)
		}
	}
	return nil
}

// sameAddress compares addresses as a browser reads them.
func sameAddress(one, other string) bool {
	a, errA := url.Parse(one)
	b, errB := url.Parse(other)
	return errA == nil && errB == nil && a.String() == b.String()
}

func field(elements []*html.Node, name string) *html.Node {
	i := slices.IndexFunc(elements, func(n *html.Node) bool {
		return n.Data == "input" && attr(n, "type") == "hidden" && attr(n, "name") == name
	})
	if i < 0 {
		return nil
	}
	return elements[i]
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, key string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == key })
}

// words returns the text within an element, with single spaces.
func words(n *html.Node) string {
	var out strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			out.WriteString(d.Data)
		}
	}
	return clean(out.String())
}

func clean(text string) string { return strings.Join(strings.Fields(text), " ") }
