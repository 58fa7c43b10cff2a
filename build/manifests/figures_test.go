package manifests

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/promql/parser"
	"sigs.k8s.io/yaml"
)

// questions are the queries of the dashboard and of the alerts.
func questions(t *testing.T) []string {
	t.Helper()
	var all []string
	var alerts struct {
		Groups []struct{ Rules []struct{ Expr string } }
	}
	text, err := os.ReadFile("../../docs/deploy/alerts.yaml")
	if err == nil {
		err = yaml.Unmarshal(text, &alerts)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, group := range alerts.Groups {
		for _, rule := range group.Rules {
			all = append(all, rule.Expr)
		}
	}
	dashboard, err := os.ReadFile("../../docs/deploy/grafana.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, found := range regexp.MustCompile(`"expr": ("(?:[^"\\]|\\.)*")`).FindAllSubmatch(dashboard, -1) {
		expr, err := strconv.Unquote(string(found[1]))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, strings.ReplaceAll(expr, "$__rate_interval", "5m"))
	}
	return all
}

func TestPrometheusUnderstandsDashboardAndAlerts(t *testing.T) {
	all := questions(t)
	if len(all) < 10 {
		t.Fatalf("only %q", all)
	}
	reader := parser.NewParser(parser.Options{})
	for _, q := range all {
		if _, err := reader.ParseExpr(q); err != nil {
			t.Errorf("%s: %v", q, err)
		}
		if _, err := reader.ParseExpr(q + " by"); err == nil {
			t.Errorf("%s by: is taken for a query", q)
		}
	}
}
