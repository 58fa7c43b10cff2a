// Package manifests checks the Kubernetes manifests of docs/deploy against the
// types of Kubernetes itself. It is a module of its own, so that nobody who builds
// Wasmiko needs those.
package manifests

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	"sigs.k8s.io/yaml"
)

var kinds = map[string]func() any{
	"v1 ConfigMap":                       func() any { return new(corev1.ConfigMap) },
	"v1 Service":                         func() any { return new(corev1.Service) },
	"apps/v1 StatefulSet":                func() any { return new(appsv1.StatefulSet) },
	"apps/v1 Deployment":                 func() any { return new(appsv1.Deployment) },
	"policy/v1 PodDisruptionBudget":      func() any { return new(policyv1.PodDisruptionBudget) },
	"networking.k8s.io/v1 NetworkPolicy": func() any { return new(networkingv1.NetworkPolicy) },
}

// parse reads a document strictly: an unknown field, a wrong type or a double one
// is an error.
func parse(doc []byte) error {
	var head struct{ APIVersion, Kind string }
	if err := yaml.Unmarshal(doc, &head); err != nil {
		return err
	}
	make, known := kinds[head.APIVersion+" "+head.Kind]
	if !known {
		return os.ErrInvalid
	}
	return yaml.UnmarshalStrict(doc, make())
}

func TestManifests(t *testing.T) {
	files, err := filepath.Glob("../../docs/deploy/kubernetes/*.yaml")
	if err != nil || len(files) < 2 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for i, doc := range bytes.Split(text, []byte("\n---\n")) {
			if err := parse(doc); err != nil {
				t.Errorf("%s, document %d: %v", filepath.Base(file), i+1, err)
			}
		}
	}
}

func TestMistakesInManifestsAreFound(t *testing.T) {
	for name, doc := range map[string]string{
		"a misspelt field": "apiVersion: v1\nkind: Service\nspec: {port: []}",
		"a wrong type":     "apiVersion: apps/v1\nkind: StatefulSet\nspec: {replicas: two}",
		"another kind":     "apiVersion: v1\nkind: Servise",
	} {
		if parse([]byte(doc)) == nil {
			t.Errorf("%s is taken", name)
		}
	}
}
