package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
)

// docs holds the comments of the schema: of a type under its name, of a field
// under "Type.Field", of a call under its method.
type docs map[string]string

// parseDocs reads the comments from the schema's source files.
func parseDocs(dir string) (docs, error) {
	paths, err := filepath.Glob(filepath.Join(filepath.FromSlash(dir), "*.go"))
	if err != nil {
		return nil, err
	}
	d := docs{}
	for _, path := range paths {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		d.addFile(file)
	}
	return d, nil
}

func (d docs) addFile(file *ast.File) {
	for _, decl := range file.Decls {
		gen, ok := decl.(*ast.GenDecl)
		if !ok {
			continue
		}
		for _, spec := range gen.Specs {
			if t, ok := spec.(*ast.TypeSpec); ok {
				d.addType(t, gen.Doc)
			}
		}
	}
}

func (d docs) addType(t *ast.TypeSpec, doc *ast.CommentGroup) {
	name := t.Name.Name
	d[name] = text(doc)
	s, ok := t.Type.(*ast.StructType)
	if !ok {
		return
	}
	for _, f := range s.Fields.List {
		for _, n := range f.Names {
			d[name+"."+n.Name] = text(f.Doc, f.Comment)
		}
	}
}

func text(groups ...*ast.CommentGroup) string {
	var parts []string
	for _, g := range groups {
		if s := strings.TrimSpace(g.Text()); s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, "\n")
}
